export const vaultText = {
  welcome: 'Welcome to Keyway',
  oneSentence:
    'Keyway signs in to your online services once, and gives your own apps and scripts a fresh token whenever they ask.',
  promises: [
    'Everything stays on this machine. No account, no telemetry.',
    'Tokens are encrypted; you choose what holds the key.',
    'You decide which app may use what, and see each use.',
  ],
  chooseTitle: 'Where should the key be kept?',
  chooseLead: 'Tokens are encrypted with a random key. Something must guard that key.',
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
      found:
        'You type it each time Keyway starts. It cannot be recovered: without it, you sign in everywhere anew.',
    },
  },
  keychainMissingTitle: 'No usable keychain was found',
  keychainMissing:
    'Keyway never keeps tokens unprotected, so please choose a passphrase. You can move to a keychain later, under Settings.',
  passphrase: 'Passphrase',
  repeat: 'Passphrase again',
  passphraseHint: 'At least 8 characters; a few words are easy to remember and hard to guess.',
  tooShort: 'At least 8 characters, please.',
  notSame: 'The two are not the same.',
  strength: ['Very easy to guess', 'Easy to guess', 'Reasonable', 'Strong'],
  create: 'Create the vault',
  createKeychain: 'Use the keychain',
  lockedTitle: 'The vault is locked',
  lockedLead: 'Your connections are safe and nothing is lost. Apps get “locked” (423) until you unlock.',
  lockedReason: (reason: string) => reason,
  unlock: 'Unlock',
  unlockKeychain: 'Ask the keychain',
  waitingForKeychain: 'The keychain may be showing a prompt of its own; look for it.',
  lockedToast: 'The vault is locked.',
  unlockedToast: 'Unlocked.',
} as const
