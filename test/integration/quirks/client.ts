import { expect } from 'vitest'
import type { Quirk } from './quirk.ts'

const secret = 'made-up secret: 100% & more'

/** Classes 22 to 31: who the client is, and what the token request must look like. */
export const clientQuirks: readonly Quirk[] = [
  {
    classes: [22],
    title: 'no client at all',
    clientId: '',
    rules: { client: { auth: 'unregistered' }, authorize: { forbidden: ['client_id'] } },
    spec: () => ({ client: { noRegistration: true, auth: 'none' } }),
    plain: 'authorize',
  },
  {
    classes: [23],
    title: 'secret in Basic, form-encoded as the RFC says',
    secret,
    rules: { client: { secret, auth: 'basic' }, revoke: { param: 'token' } },
    spec: () => ({ client: { auth: 'client_secret_basic' } }),
    plain: 'exchange',
    plainSpec: () => ({ client: { auth: 'client_secret_post' } }),
  },
  {
    classes: [23],
    title: 'secret in Basic, taken as it is',
    secret,
    rules: { client: { secret, auth: 'basic-raw' }, revoke: { param: 'token' } },
    spec: () => ({ client: { auth: 'client_secret_basic', basicEncoding: 'raw' } }),
    plain: 'exchange',
    plainSpec: () => ({ client: { auth: 'client_secret_basic' } }),
  },
  {
    classes: [23],
    title: 'secret in the body',
    secret,
    rules: { client: { secret, auth: 'post' }, revoke: { param: 'token' } },
    spec: () => ({ client: { auth: 'client_secret_post' } }),
    check: (_circle, server) => expect(server.last('/token').headers['authorization']).toBeUndefined(),
    // Where nobody says, both ways are tried.
    plain: 'works',
  },
  {
    classes: [23],
    title: 'public by default, with a secret in Basic where there is one',
    secret,
    rules: { client: { secret, auth: 'basic' } },
    spec: () => ({ client: { auth: 'none', authWithSecret: 'client_secret_basic' } }),
    plain: 'exchange',
    plainSpec: () => ({ client: { auth: 'none' } }),
  },
  {
    classes: [24],
    title: 'Basic with an empty password',
    rules: { client: { auth: 'basic-empty' } },
    spec: () => ({ client: { auth: 'client_secret_basic', basicWithEmptySecret: true } }),
    plain: 'exchange',
  },
  {
    classes: [25],
    title: 'a public client that must not send a secret',
    secret,
    rules: { client: { auth: 'none' } },
    spec: () => ({ client: { auth: 'none', mustNotSendSecret: true } }),
    check: (_circle, server) => expect(server.last('/token').params['client_secret']).toBeUndefined(),
    plain: 'exchange',
  },
  {
    classes: [26],
    title: 'a secret that is none and must be sent all the same',
    secret,
    rules: { client: { secret, auth: 'post' } },
    spec: () => ({ client: { auth: 'client_secret_post', secretNotConfidential: true } }),
    plain: 'exchange',
    plainSpec: () => ({ client: { auth: 'none' } }),
  },
  {
    classes: [27],
    title: 'a secret that is an API key, also for the API',
    secret: 'sk_made_up',
    rules: {
      client: { secret: 'sk_made_up', auth: 'post' },
      revoke: { auth: /^Bearer sk_made_up$/, param: 'user', format: 'form' },
    },
    spec: () => ({
      client: { auth: 'client_secret_post', secretIsApiKey: true },
      revocation: {
        auth: 'header',
        authHeader: 'Bearer {client_secret}',
        tokenParam: 'user',
        tokens: 'access',
      },
    }),
    plain: 'revoke',
  },
  {
    classes: [28],
    title: 'token requests as JSON',
    rules: { token: { format: 'json' } },
    spec: () => ({ token: { format: 'json' } }),
    plain: 'exchange',
  },
  {
    classes: [28],
    title: 'token requests by GET, everything in the query',
    rules: { token: { method: 'GET' } },
    spec: () => ({ token: { method: 'GET', format: 'query' } }),
    plain: 'exchange',
  },
  {
    classes: [29],
    title: 'extra token parameters, other ones at the refresh',
    rules: {
      token: { required: { action: 'requesttoken', type: 'web_server' } },
      refresh: { required: { action: 'requesttoken', type: 'refresh', expires_in: '172800' } },
    },
    spec: () => ({
      token: { extraParams: { action: 'requesttoken' }, exchangeParams: { type: 'web_server' } },
      refresh: { params: { type: 'refresh', expires_in: '172800' } },
    }),
    plain: 'exchange',
  },
  {
    classes: [30],
    title: 'extra token headers',
    rules: { token: { headers: { 'x-api-version': '7', 'user-agent': 'desktop:keyway (made up)' } } },
    spec: () => ({
      token: { headers: { 'X-Api-Version': '7', 'User-Agent': 'desktop:keyway (made up)' } },
    }),
    plain: 'exchange',
  },
  {
    classes: [31],
    title: 'redirect_uri wanted at the refresh too',
    rules: { refresh: { required: { redirect_uri: true } } },
    spec: () => ({ refresh: { sendRedirectUri: true } }),
    plain: 'refresh',
  },
  {
    classes: [31],
    title: 'redirect_uri at the token step only when it was sent before',
    rules: { authorize: { redirect: (uri) => uri === null }, token: { forbidden: ['redirect_uri'] } },
    request: { redirectUri: null },
    spec: () => ({ token: { redirectUri: 'if-sent' } }),
    plain: 'works',
  },
  {
    classes: [31],
    title: 'redirect_uri never at the token step',
    rules: { token: { forbidden: ['redirect_uri'] } },
    spec: () => ({ token: { redirectUri: 'never' } }),
    plain: 'exchange',
  },
  {
    classes: [95],
    title: 'tokens bound to a key demanded of this client',
    rules: {
      token: { headers: { dpop: /^ey/ } },
      reply: (fields) => ({ ...fields, token_type: 'DPoP' }),
      apiHeader: (token) => ['authorization', `DPoP ${token}`],
    },
    spec: () => ({ dpop: 'always' }),
    check: ({ answer }, server) => {
      expect(answer.dpopKey).not.toBeNull()
      expect(server.last('/api/me').headers['dpop']).toMatch(/^ey/)
    },
    plain: 'exchange',
  },
]
