import { expect } from 'vitest'
import type { ProviderSpecInput } from '../../../shared/contract/provider-spec.ts'
import type { ServerRules } from '../../support/providers/server-rules.ts'
import type { Quirk } from './quirk.ts'

const base = { name: 'base', label: 'Server', pattern: 'http://127\\.0\\.0\\.1:[0-9]+' }

/**
 * An id_token as the server sends it over its own connection; nobody checks the signature of those (OpenID
 * Connect Core 3.1.3.7).
 */
export function idToken(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const now = Math.floor(Date.now() / 1000)
  const standard = { aud: 'made-up-client', sub: 'u1', iat: now, exp: now + 600 }
  return `${part({ alg: 'RS256' })}.${part({ ...standard, ...claims })}.c2lnbmF0dXJl`
}

export const nonceOf: { value: string } = { value: '' }
/** Remembers the nonce of the sign-in for the id_token. */
export const remember: NonNullable<NonNullable<ServerRules['authorize']>['callback']> = (request) => {
  nonceOf.value = request.params['nonce'] ?? ''
  return {}
}

const metadata = (origin: string, issuer: string): Record<string, unknown> => ({
  issuer,
  authorization_endpoint: `${origin}/authorize`,
  token_endpoint: `${origin}/token`,
  revocation_endpoint: `${origin}/revoke`,
})
const nowhere = { endpoints: { authorization: null, token: null, revocation: null } }

/** A server of several tenants: its id_tokens name the tenant, and its addresses none. */
const sharedTenants: ServerRules = {
  authorize: { callback: remember },
  reply: (fields, { origin }) => ({
    ...fields,
    id_token: idToken({
      iss: `${origin}/t-42/v2.0`,
      tid: 't-42',
      email: 'ada@example.test',
      nonce: nonceOf.value,
    }),
  }),
}
export const signedIn: ProviderSpecInput = {
  refresh: { needsScope: 'offline_access' },
  account: { request: null },
}
const namesPerson: Quirk['check'] = ({ answer, identity }) => {
  expect(answer.idToken).not.toBeNull()
  expect(identity).toMatchObject({ id: 'u1', label: 'ada@example.test' })
}

/** Classes 16 to 20: where the server is and who it says it is. */
export const addressQuirks: readonly Quirk[] = [
  {
    classes: [16, 19],
    title: 'template parameters in every address, with suggested environments',
    rules: {
      authorize: { path: '/acme/authorize' },
      token: { path: '/acme/token' },
      revoke: { path: '/acme/revoke', param: 'token' },
    },
    spec: () => ({
      templateParameters: [
        { ...base, suggestions: ['https://sandbox.example'] },
        { name: 'tenant', label: 'Tenant', default: 'acme', pattern: '[a-z]+' },
      ],
      endpoints: {
        authorization: '{base}/{tenant}/authorize',
        token: '{base}/{tenant}/token',
        revocation: '{base}/{tenant}/revoke',
      },
      account: { request: { url: '{base}/api/me' } },
    }),
    parameters: (origin) => ({ base: origin }),
    plain: 'authorize',
    plainSpec: (origin) => ({ endpoints: { authorization: `${origin}/authorize` } }),
  },
  {
    classes: [17],
    title: 'addresses by OpenID Connect discovery',
    rules: {
      revoke: { param: 'token' },
      routes: {
        'GET /.well-known/openid-configuration': (_request, origin) => ({ body: metadata(origin, origin) }),
      },
    },
    spec: (origin) => ({ ...nowhere, discovery: { issuer: origin } }),
    plain: 'authorize',
    plainSpec: () => nowhere,
  },
  {
    classes: [17],
    title: 'discovery that is down, with typed addresses to fall back on',
    rules: {
      revoke: { param: 'token' },
      routes: { 'GET /.well-known/openid-configuration': () => ({ status: 503, body: 'later' }) },
    },
    spec: (origin) => ({ discovery: { issuer: origin } }),
    plain: 'works',
  },
  {
    classes: [18],
    title: 'metadata elsewhere than at the well-known place',
    rules: {
      revoke: { param: 'token' },
      routes: { 'GET /meta/server.json': (_request, origin) => ({ body: metadata(origin, origin) }) },
    },
    spec: (origin) => ({ ...nowhere, discovery: { url: `${origin}/meta/server.json` } }),
    plain: 'authorize',
    plainSpec: (origin) => ({ ...nowhere, discovery: { issuer: origin } }),
  },
  {
    classes: [18],
    title: 'RFC 8414 metadata only, with the path inserted, and an issuer with a trailing slash',
    rules: {
      revoke: { param: 'token' },
      routes: {
        'GET /.well-known/oauth-authorization-server/tenant': (_request, origin) => ({
          body: metadata(origin, `${origin}/tenant/`),
        }),
      },
    },
    spec: (origin) => ({ ...nowhere, discovery: { issuer: `${origin}/tenant`, issuerTrailingSlash: true } }),
    plain: 'authorize',
    plainSpec: () => nowhere,
  },
  {
    classes: [18, 85],
    title: 'a shared issuer whose metadata names the pattern of its tenants',
    rules: {
      ...sharedTenants,
      routes: {
        'GET /common/v2.0/.well-known/openid-configuration': (_request, origin) => ({
          body: { ...metadata(origin, `${origin}/{tenantid}/v2.0`), revocation_endpoint: undefined },
        }),
      },
    },
    request: { scopes: ['openid', 'read'] },
    spec: (origin) => ({ ...signedIn, discovery: { issuer: `${origin}/common/v2.0` } }),
    check: namesPerson,
    plain: 'exchange',
    // Without that metadata, nothing says that the issuer is a shared one.
    plainSpec: (origin) => ({ ...signedIn, discovery: { issuer: `${origin}/shared/v2.0` } }),
  },
  {
    classes: [18],
    title: 'a shared issuer without metadata, whose id_tokens name the tenant',
    rules: { ...sharedTenants, revoke: { param: 'token' } },
    request: { scopes: ['openid', 'read'] },
    spec: (origin) => ({
      ...signedIn,
      discovery: { issuer: `${origin}/common/v2.0`, issuerPattern: `${origin}/{tenantid}/v2.0` },
    }),
    check: namesPerson,
    plain: 'exchange',
    plainSpec: (origin) => ({ ...signedIn, discovery: { issuer: `${origin}/common/v2.0` } }),
  },
  {
    classes: [20],
    title: 'a token host that the callback names',
    rules: {
      authorize: {
        callback: (_request, origin) => ({ 'accounts-server': origin.replace('127.0.0.1', 'localhost') }),
      },
      token: { headers: { host: /^localhost:/ } },
      revoke: { param: 'token' },
    },
    spec: () => ({
      authorize: {
        callbackParams: ['accounts-server'],
        tokenHostFromCallback: { param: 'accounts-server', pattern: 'localhost(:[0-9]+)?' },
      },
    }),
    check: ({ answer }, server) => {
      expect(answer.values['callback.accounts-server']).toMatch(/^http:\/\/localhost:/)
      expect(server.last('/revoke').headers['host']).toMatch(/^localhost:/)
    },
    plain: 'exchange',
  },
]
