import { expect } from 'vitest'
import type { Quirk } from './quirk.ts'

const atProvider: Quirk['check'] = ({ revocation }, server) => {
  expect(revocation.revoked).toBe('at_provider')
  expect(server.book.revoked.size).toBeGreaterThan(0)
}
const secret = 'made-up-secret'

/** Classes 69 and 70: how a grant is ended. */
export const revokeQuirks: readonly Quirk[] = [
  {
    classes: [69],
    title: 'a POST with the token as Bearer and no body',
    rules: { revoke: { auth: 'bearer', format: 'query' } },
    spec: () => ({ revocation: { auth: 'bearer', format: 'none', tokens: 'access' } }),
    check: atProvider,
    plain: 'revoke',
  },
  {
    classes: [69],
    title: 'a DELETE with the token as Bearer',
    rules: { revoke: { method: 'DELETE', auth: 'bearer', format: 'query' } },
    spec: () => ({ revocation: { method: 'DELETE', auth: 'bearer', format: 'none', tokens: 'access' } }),
    check: atProvider,
    plain: 'revoke',
  },
  {
    classes: [69],
    title: 'a DELETE with JSON and Basic at an address with the client id',
    secret,
    rules: {
      client: { secret },
      revoke: {
        path: '/applications/made-up-client/token',
        method: 'DELETE',
        format: 'json',
        auth: /^Basic /,
        param: 'access_token',
      },
    },
    spec: (origin) => ({
      endpoints: { revocation: `${origin}/applications/{client_id}/token` },
      revocation: {
        method: 'DELETE',
        auth: 'client_secret_basic',
        format: 'json',
        body: { access_token: '{access_token}' },
        tokens: 'access',
      },
    }),
    check: atProvider,
    plain: 'revoke',
  },
  {
    classes: [69],
    title: 'a GET with the token in the query',
    rules: { revoke: { method: 'GET', auth: 'none', format: 'query', param: 'access_token' } },
    spec: () => ({
      revocation: {
        method: 'GET',
        auth: 'none',
        format: 'query',
        tokenParam: 'access_token',
        tokens: 'access',
      },
    }),
    check: atProvider,
    plain: 'revoke',
  },
  {
    classes: [69],
    title: 'JSON with client id and secret in the body, refresh token first',
    secret,
    rules: { client: { secret, auth: 'post' }, revoke: { format: 'json', param: 'token' } },
    spec: () => ({ revocation: { auth: 'client', format: 'json' } }),
    check: ({ refreshed, revocation }, server) => {
      expect(revocation.revoked).toBe('at_provider')
      expect([...server.book.revoked]).toEqual([
        refreshed.refreshToken?.reveal(),
        refreshed.accessToken.reveal(),
      ])
    },
    plain: 'revoke',
  },
  {
    classes: [69],
    title: 'an Authorization header of its own',
    secret,
    rules: {
      client: { secret },
      revoke: { auth: /^Client made-up-secret$/, format: 'json', param: 'access_token' },
    },
    spec: () => ({
      revocation: {
        auth: 'header',
        authHeader: 'Client {client_secret}',
        format: 'json',
        body: { access_token: '{access_token}', client_id: '{client_id}' },
        tokens: 'access',
      },
    }),
    check: atProvider,
    plain: 'revoke',
  },
  {
    classes: [70],
    title: 'no way to end a grant: said, not claimed',
    rules: {},
    spec: () => ({}),
    check: ({ revocation }, server) => {
      expect(revocation.revoked).toBe('not_supported')
      expect(server.book.revoked.size).toBe(0)
    },
    plain: 'works',
  },
]
