import { isolated } from '../../../shared/contract/name.ts'

export const vaultText = {
  welcome: 'Welcome to Keyway',
  oneSentence:
    'Keyway signs in to your online services once, and gives your own apps and scripts a fresh token whenever they ask.',
  promises: [
    'Everything stays on this machine. No account, no telemetry.',
    'Tokens are encrypted; you choose what holds the key.',
    'You decide which app may use what, and see each use.',
  ],
  chooseTitle: 'Protect your vault',
  chooseLead: 'Your tokens are encrypted. Choose how the encryption key is protected.',
  protectors: {
    'os-keychain': {
      title: 'This computer’s keychain',
      found: 'Found. It opens with your login; nothing to remember.',
    },
    'safe-storage': {
      title: 'This computer’s keychain',
      found: 'Found. It opens with your login; nothing to remember.',
    },
    passphrase: {
      title: 'A passphrase',
      found: 'You enter it each time Keyway starts. If you forget it, you have to reconnect every account.',
    },
  },
  keychainMissing: 'No keychain on this system. Choose a passphrase.',
  keychainMissingDetails: 'Details',
  keychainMissingMore: (names: string) =>
    `Keyway looked for ${names} and could not use it. Tokens are never kept unprotected, so a passphrase protects them instead. You can switch to a keychain later, under Settings, Vault.`,
  passphrase: 'Passphrase',
  repeat: 'Passphrase again',
  passphraseHint: 'At least 8 characters; a few words are easy to remember and hard to guess.',
  tooShort: 'At least 8 characters, please.',
  notSame: 'The two are not the same.',
  strength: ['Very easy to guess', 'Easy to guess', 'Reasonable', 'Strong'],
  create: 'Create the vault',
  createKeychain: 'Use the keychain',
  lockedTitle: 'The vault is locked',
  wrong: 'The passphrase is not the right one. Check Caps Lock.',
  lockedLead: 'Your connections are safe and nothing is lost. Apps get no tokens until you unlock.',
  lockedReason: (reason: string) => reason,
  unlock: 'Unlock',
  unlockKeychain: 'Ask the keychain',
  waitingForKeychain: 'The keychain may be showing a prompt of its own; look for it.',
  forgot: 'Forgot the passphrase?',
  cannotUnlock: 'Cannot unlock it?',
  startOver: {
    word: 'start over',
    title: 'Start over without the passphrase',
    lead: 'Nobody can recover a passphrase, Keyway included. You can set the old vault aside and make a new one.',
    lostTitle: 'What you lose',
    lostConnections: (count: number) =>
      count === 1 ? '1 connection: sign in there again' : `${count} connections: sign in there again`,
    lostSecrets: (count: number) =>
      count === 1
        ? 'The client secret of 1 provider: enter it again'
        : `The client secrets of ${count} providers: enter them again`,
    keptTitle: 'What stays',
    keptProviders: (count: number) => (count === 1 ? '1 provider' : `${count} providers`),
    keptApps: (count: number) => (count === 1 ? '1 app, with its key' : `${count} apps, with their keys`),
    keptRest: 'The settings and the activity',
    nothingDeleted: (folder: string) =>
      `Nothing is deleted. The old vault moves to a dated folder in ${folder}/set-aside; if the passphrase comes back to you, it can be put back.`,
    export:
      'Do you have an export of Keyway? Start over, then import it: its connections come back with their tokens.',
    typeLabel: 'Type “start over” to go on',
    action: 'Start over',
    thenImport: 'Start over, then import',
    done: 'The old vault was set aside',
    setAside: (path: string) => `It is in ${path}.`,
  },
  lockedToast: 'The vault is locked.',
  unlockedToast: 'Unlocked.',
} as const

export const approvalText = {
  region: 'Requests for your permission',
  askTitle: (app: string) => `“${app}” asks for permission`,
  askToken: (who: string) => `It wants a token of ${who}.`,
  askProxy: (who: string) => `It wants to send this request as ${who}:`,
  body: (count: number | null, size: string) => {
    if (count === null) return 'With a body of unknown size.'
    return count === 0 ? 'No body.' : `With a body of ${size}.`
  },
  waitingCalls: (count: number) => `${count} identical calls wait. “Allow once” lets one of them through.`,
  reach: (method: string, host: string) =>
    `“For 10 minutes” covers every ${method} at ${host}; “Always” covers ${method} at this path.`,
  once: 'Allow once',
  tenMinutes: 'For 10 minutes',
  always: 'Always',
  deny: 'Deny',
  allow: 'Allow',
  timeLeft: (time: string) => `${time} left; no answer is a no`,
  more: (count: number) => `${count} more ${count === 1 ? 'question' : 'questions'} after this one`,
  pairTitle: (app: string) => `“${app}” wants to be paired`,
  pairLead: 'It would get an app key of its own and be able to:',
  pairNothing: 'It asks for nothing yet.',
  pairCode: 'Compare: the program should show the code',
  pairGrant: (
    grant: { token: boolean; proxy: boolean; methods: readonly string[]; paths: readonly string[] },
    provider: string,
  ) => {
    const may =
      grant.token && grant.proxy
        ? 'Get tokens and send requests'
        : grant.token
          ? 'Get tokens'
          : grant.proxy
            ? 'Send requests'
            : 'See the accounts'
    const methods = grant.methods.length > 0 ? [`only ${grant.methods.join(', ')}`] : []
    const limits = [...methods, ...grant.paths.map(isolated)]
    return `${may} at ${provider}${limits.length > 0 ? ` (${limits.join(', ')})` : ''}.`
  },
  pairUnknown: (provider: string) => `“${provider}” is not registered here, so it gets nothing there.`,
  pairManage: 'Register and change providers.',
  pairWide: 'Wide: concerns every app',
  pairNeeds: 'It says it will need',
  paired: (app: string) => `“${app}” is paired.`,
  showApp: 'Show',
  denied: (app: string) => `“${app}” was told no.`,
  expired: (app: string) => `Nobody answered “${app}” in time; that counts as a no.`,
  noticeBody: 'Open the Keyway tab to answer.',
  /** For the title of the tab. */
  asking: (count: number, app: string) => `(${count}) ${app} asks`,
  lockedUse: (app: string, account: string) =>
    `“${app}” asks to use ${account}. Unlock, and you can answer when it asks again.`,
  lockedPair: (app: string) => `“${app}” asks to be paired. Unlock, and you can answer when it asks again.`,
  lockedTimes: (count: number) => `(${count} times)`,
  jump: 'Press F6 to answer',
} as const
