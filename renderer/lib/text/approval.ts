export const approvalText = {
  region: 'Requests for your permission',
  askTitle: (app: string) => `“${app}” asks for permission`,
  askToken: (who: string) => `It wants a token of ${who}.`,
  askProxy: (who: string) => `It wants to send this request as ${who}:`,
  bytes: (size: string) => `with ${size} of data`,
  waitingCalls: (count: number) => `${count} calls wait for this answer`,
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
  pairGrant: (grant: {
    provider: string
    token: boolean
    proxy: boolean
    methods: string[]
    paths: string[]
  }) => {
    const may =
      grant.token && grant.proxy
        ? 'Get tokens and send requests'
        : grant.token
          ? 'Get tokens'
          : 'Send requests'
    const limits = [...(grant.methods.length > 0 ? [`only ${grant.methods.join(', ')}`] : []), ...grant.paths]
    return `${may} at ${grant.provider}${limits.length > 0 ? ` (${limits.join(', ')})` : ''}.`
  },
  pairManage: 'Register and change providers.',
  pairNeeds: 'It says it will need',
  denied: (app: string) => `“${app}” was told no.`,
  expired: (app: string) => `Nobody answered “${app}” in time; that counts as a no.`,
  jump: 'Press F6 to answer',
} as const
