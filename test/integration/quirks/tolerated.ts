// What is understood without any data of the provider: answers that leave the standard where the right
// reading is not in doubt.
import { generateKeyPairSync, sign } from 'node:crypto'
import { expect } from 'vitest'
import type { ProviderSpecInput } from '../../../shared/contract/provider-spec.ts'
import type { Fields, ServerRules } from '../../support/providers/server-rules.ts'
import { idToken, nonceOf, remember, signedIn } from './addresses.ts'
import type { Quirk } from './quirk.ts'

/** Without `plain`: nothing that could be left out. The check proves that the server did deviate. */
export type ToleratedQuirk = Pick<Quirk, 'classes' | 'title' | 'rules' | 'secret' | 'request'> & {
  spec?: (origin: string) => ProviderSpecInput
  check: NonNullable<Quirk['check']>
}

const nowhere = { endpoints: { authorization: null, token: null, revocation: null } }
const without = (fields: Fields, name: string): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([one]) => one !== name))
const inHours = (hours: number): number => Math.floor(Date.now() / 1000) + hours * 3600
const about = (value: number | null, expected: number): void => {
  expect(Math.abs((value ?? 0) - expected)).toBeLessThan(60)
}

const key = generateKeyPairSync('rsa', { modulusLength: 2048 })
const signed = (claims: object): string => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${part({ alg: 'RS256', kid: 'made-up' })}.${part(claims)}`
  return `${text}.${sign('sha256', Buffer.from(text), key.privateKey).toString('base64url')}`
}

const document = (origin: string): Fields => ({
  issuer: origin,
  authorization_endpoint: `${origin}/authorize`,
  token_endpoint: `${origin}/token`,
})
const serves = (more: (origin: string) => Fields): NonNullable<ServerRules['routes']> => ({
  'GET /.well-known/openid-configuration': (_request, origin) => ({
    body: { ...document(origin), ...more(origin) },
  }),
})

/** Classes 78 to 94. */
export const toleratedQuirks: readonly ToleratedQuirk[] = [
  {
    classes: [78],
    title: 'metadata with members that cannot be used',
    rules: {
      routes: serves((origin) => ({
        revocation_endpoint: null,
        device_authorization_endpoint: '',
        introspection_endpoint: 7,
        registration_endpoint: 'http://elsewhere.example/register',
        end_session_endpoint: `${origin}/end`,
        scopes_supported: Array.from({ length: 600 }, (_unused, index) => `scope-${index}`),
        code_challenge_methods_supported: 'S256',
      })),
    },
    spec: (origin) => ({ ...nowhere, discovery: { issuer: origin } }),
    check: ({ revocation }) => expect(revocation.revoked).toBe('not_supported'),
  },
  {
    classes: [80],
    title: 'scopes of a reply separated by commas and spaces at once',
    rules: { reply: (fields) => ({ ...fields, scope: 'read ,write, admin' }) },
    check: ({ answer }) => expect(answer.scopes).toEqual(['read', 'write', 'admin']),
  },
  {
    classes: [82],
    title: 'an expiry that is a moment under a name of its own',
    rules: {
      reply: (fields, { grant }) => ({
        ...without(fields, 'expires_in'),
        ...(grant === 'refresh_token'
          ? { expires_on: String(inHours(2)) }
          : { expires_at: new Date(inHours(1) * 1000).toISOString() }),
      }),
    },
    check: ({ answer, refreshed }) => {
      about(answer.lifetimeSeconds, 3600)
      about(refreshed.lifetimeSeconds, 7200)
    },
  },
  {
    classes: [83],
    title: 'a lifetime that only the token itself names',
    rules: {
      reply: (fields) => ({
        ...without(fields, 'expires_in'),
        access_token: signed({ exp: inHours(3), jti: String(fields['access_token']) }),
        user_id: 'u1',
      }),
    },
    spec: () => ({ account: { request: null }, token: { paths: { accountId: 'user_id' } } }),
    check: ({ answer }) => about(answer.lifetimeSeconds, 10_800),
  },
  {
    classes: [84],
    title: 'an issuer that nobody has configured',
    rules: {
      authorize: { callback: remember },
      reply: (fields, { origin }) => ({
        ...fields,
        id_token: idToken({ iss: `${origin}/realms/x`, nonce: nonceOf.value, email: 'ada@example.test' }),
      }),
    },
    request: { scopes: ['openid', 'read'] },
    spec: () => signedIn,
    check: ({ identity }) => expect(identity).toMatchObject({ id: 'u1', label: 'ada@example.test' }),
  },
  {
    classes: [86],
    title: 'a resource that is taken at the sign-in and refused at refreshes',
    rules: {
      refresh: { forbidden: ['resource'] },
      failure: (code, description) => ({
        status: 400,
        body: { error: description.startsWith('resource') ? 'invalid_target' : code },
      }),
    },
    spec: () => ({ resources: ['https://api.example.test/'] }),
    check: (_circle, server) => {
      const refreshes = server.requests.filter(({ params }) => params['grant_type'] === 'refresh_token')
      expect(refreshes.map(({ params }) => params['resource'])).toEqual([
        'https://api.example.test/',
        undefined,
      ])
    },
  },
  {
    classes: [89],
    title: 'a token endpoint that has moved',
    rules: {
      routes: { 'POST /old': () => ({ status: 307, headers: { location: '/token' }, body: '' }) },
    },
    spec: (origin) => ({ endpoints: { token: `${origin}/old` } }),
    check: (_circle, server) => expect(server.last('/token').params['refresh_token']).toBeDefined(),
  },
  {
    classes: [91],
    title: 'userinfo as a signed token',
    rules: {
      routes: {
        ...serves((origin) => ({ userinfo_endpoint: `${origin}/userinfo`, jwks_uri: `${origin}/jwks` })),
        'GET /jwks': () => ({
          body: { keys: [{ ...key.publicKey.export({ format: 'jwk' }), kid: 'made-up', alg: 'RS256' }] },
        }),
        'GET /userinfo': (_request, origin) => ({
          headers: { 'content-type': 'application/jwt' },
          body: signed({ iss: origin, aud: 'made-up-client', sub: 'u1', email: 'ada@example.test' }),
        }),
      },
    },
    request: { scopes: ['openid', 'read'] },
    spec: (origin) => ({
      ...nowhere,
      discovery: { issuer: origin },
      account: { request: null, idPath: 'sub' },
    }),
    check: ({ identity }) => expect(identity).toMatchObject({ id: 'u1', label: 'ada@example.test' }),
  },
  {
    classes: [92],
    title: 'a byte order mark before JSON',
    rules: { reply: (fields) => ({ status: 200, body: `\u{FEFF}${JSON.stringify(fields)}` }) },
    check: ({ refreshed }) => expect(refreshed.lifetimeSeconds).toBe(3600),
  },
  {
    classes: [93],
    title: 'a client refused with 403 and no word',
    secret: 'made-up-secret',
    rules: {
      client: { secret: 'made-up-secret', auth: 'post' },
      failure: (code, description) =>
        code === 'invalid_client'
          ? { status: 403, body: '' }
          : { status: 400, body: { error: code, error_description: description } },
    },
    check: (_circle, server) => {
      const first = server.requests.find(({ path }) => path === '/token')
      expect(first?.headers['authorization']).toMatch(/^Basic /)
      expect(server.last('/token').params['client_secret']).toBe('made-up-secret')
    },
  },
  {
    classes: [94],
    title: 'offline access without OpenID Connect, given only with consent',
    rules: { authorize: { required: { prompt: 'consent' } } },
    request: { scopes: ['read', 'offline_access'] },
    check: ({ url }) => expect(url.searchParams.get('prompt')).toBe('consent'),
  },
]
