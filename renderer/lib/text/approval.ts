import { isolated } from '../../../shared/contract/name.ts'

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
