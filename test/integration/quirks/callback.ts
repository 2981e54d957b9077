import { expect } from 'vitest'
import type { Quirk } from './quirk.ts'

const OOB = 'urn:ietf:wg:oauth:2.0:oob'

/** Classes 44 to 48: what comes home in the browser. */
export const callbackQuirks: readonly Quirk[] = [
  {
    classes: [47],
    title: 'a code that lives for half a minute, exchanged at once',
    rules: { authorize: { codeLifetimeMs: 30_000 } },
    spec: () => ({ authorize: { codeLifetimeSeconds: 30 } }),
    check: (_circle, { requests }) => {
      const paths = requests.map(({ path }) => path)
      expect(paths[paths.indexOf('/authorize') + 1]).toBe('/token')
    },
    plain: 'works',
  },
  {
    classes: [44],
    title: 'extra callback parameters to keep',
    rules: { authorize: { callback: () => ({ realmId: '9130', junk: 'x' }) } },
    spec: () => ({ authorize: { callbackParams: ['realmId'] } }),
    check: ({ answer }) => expect(answer.values).toEqual({ 'callback.realmId': '9130' }),
    plain: 'works',
  },
  {
    classes: [45],
    title: 'a signed callback from the host that was asked',
    secret: 'made-up-secret',
    rules: {
      client: { secret: 'made-up-secret' },
      authorize: {
        hmac: 'hmac',
        callback: (_request, origin) => ({
          shop: new URL(origin).host,
          timestamp: '1337178173',
          host: 'YWRtaW4=',
        }),
      },
    },
    spec: () => ({
      authorize: {
        callbackHmac: { param: 'hmac', algorithm: 'HMAC-SHA256', key: 'client_secret' },
        callbackHostMustMatch: 'shop',
        callbackParams: ['shop'],
      },
    }),
    check: ({ callback }) => expect(callback.get('hmac')).toMatch(/^[0-9a-f]{64}$/),
    plain: 'works',
  },
  {
    classes: [46],
    title: 'a suffix to strip from the code',
    rules: { authorize: { codeSuffix: '#_' } },
    spec: () => ({ authorize: { stripCodeSuffix: '#_' } }),
    plain: 'exchange',
  },
  {
    classes: [48],
    title: 'the code shown for pasting, under an address of its own',
    rules: { authorize: { redirect: (uri) => uri === OOB } },
    request: { redirectUri: OOB },
    spec: () => ({ authorize: { outOfBandRedirectUri: OOB } }),
    plain: 'authorize',
    plainRequest: { redirectUri: 'http://127.0.0.1:7317/oauth2/callback' },
  },
  {
    classes: [48],
    title: 'the code shown for pasting when no address is sent',
    rules: { authorize: { redirect: (uri) => uri === null } },
    request: { redirectUri: null },
    spec: () => ({ authorize: { outOfBandRedirectUri: 'omit' } }),
    check: ({ url }) => expect(url.searchParams.has('redirect_uri')).toBe(false),
    plain: 'authorize',
    plainRequest: { redirectUri: 'http://127.0.0.1:7317/oauth2/callback' },
  },
]
