import { expect } from 'vitest'
import { missingScopes } from '../../../shared/domain/scope-comparison.ts'
import type { Quirk } from './quirk.ts'

/** Classes 1 to 15: what the authorization request must look like. */
export const authorizeQuirks: readonly Quirk[] = [
  {
    classes: [1],
    title: 'fixed extra parameters, filled from templates, empty ones dropped',
    rules: {
      authorize: { required: { owner: 'user', audience: 'https://api.example' }, forbidden: ['tenant_hint'] },
    },
    spec: () => ({
      templateParameters: [
        { name: 'audience', label: 'Audience', required: false },
        { name: 'hint', label: 'Hint', required: false },
      ],
      authorize: { extraParams: { owner: 'user', audience: '{audience}', tenant_hint: '{hint}' } },
    }),
    parameters: () => ({ audience: 'https://api.example' }),
    plain: 'authorize',
  },
  {
    classes: [2],
    title: 'offline access by a parameter',
    rules: { refresh: { needs: { param: ['access_type', 'offline'] } } },
    spec: () => ({
      authorize: { extraParams: { access_type: 'offline' } },
      refresh: { needsParam: 'access_type=offline' },
    }),
    plain: 'refresh',
  },
  {
    classes: [3],
    title: 'offline access by a scope of any name',
    rules: { refresh: { needs: { scope: 'offline.access' } } },
    spec: () => ({ refresh: { needsScope: 'offline.access' } }),
    request: { scopes: ['read', 'offline.access'] },
    plainRequest: { scopes: ['read'] },
    plain: 'refresh',
  },
  {
    classes: [4],
    title: 'scopes joined with commas, answered as a list',
    rules: {
      authorize: { required: { scope: 'read,write' } },
      reply: (fields) => ({ ...fields, scope: ['read', 'write'] }),
    },
    spec: () => ({ scopes: { separator: ',' } }),
    check: ({ answer }) => expect(answer.scopes).toEqual(['read', 'write']),
    plain: 'authorize',
  },
  {
    classes: [4],
    title: 'scopes asked with spaces, answered with commas',
    rules: {
      authorize: { required: { scope: 'read write' } },
      reply: (fields) => ({ ...fields, scope: 'write,read' }),
    },
    spec: () => ({ scopes: { responseSeparator: ',' } }),
    check: ({ answer }) => expect(missingScopes(['read', 'write'], answer.scopes ?? [])).toEqual([]),
    plain: 'works',
  },
  {
    classes: [5],
    title: 'no scope parameter at all',
    rules: { authorize: { forbidden: ['scope'] } },
    spec: () => ({ scopes: { none: true, fixedOnApp: true } }),
    check: ({ answer }) => expect(answer.scopes).toBeNull(),
    plain: 'authorize',
  },
  {
    classes: [6],
    title: 'a second list of scopes',
    rules: { authorize: { required: { scope: 'read write', user_scope: 'search,files' } } },
    spec: () => ({ scopes: { secondary: { param: 'user_scope', separator: ',' } } }),
    request: { secondaryScopes: ['search', 'files'] },
    plain: 'authorize',
  },
  {
    classes: [7],
    title: 'granted scopes named in the callback, fewer than requested',
    rules: {
      authorize: { callback: () => ({ scope: 'read' }) },
      reply: ({ scope: _dropped, ...fields }) => fields,
    },
    spec: () => ({ scopes: { grantedInCallback: 'scope', userMayDrop: true, dropsUnknownSilently: true } }),
    check: ({ answer }) => {
      expect(answer.scopes).toEqual(['read'])
      expect(missingScopes(['read', 'write'], answer.scopes ?? [])).toEqual(['write'])
    },
    plain: 'works',
  },
  {
    classes: [8],
    title: 'parameters under other names, and some left out',
    rules: {
      client: { idName: 'client_key', secretName: 'client_pass', secret: 'made-up-secret', auth: 'post' },
      names: { redirect_uri: 'callback_url', code: 'auth_code' },
      authorize: {
        required: { client_key: true, callback_url: true },
        forbidden: ['response_type', 'client_id'],
      },
      token: {
        withoutGrantType: true,
        required: { auth_code: true },
        forbidden: ['grant_type', 'client_id'],
      },
      refresh: { forbidden: ['grant_type'] },
    },
    secret: 'made-up-secret',
    spec: () => ({
      client: { idParam: 'client_key', secretParam: 'client_pass', auth: 'client_secret_post' },
      authorize: { paramNames: { redirect_uri: 'callback_url' }, omitParams: ['response_type'] },
      token: { paramNames: { redirect_uri: 'callback_url', code: 'auth_code' }, omitParams: ['grant_type'] },
    }),
    plain: 'authorize',
  },
  {
    classes: [9],
    title: 'PKCE demanded',
    rules: { authorize: { pkce: 'required', required: { code_challenge_method: 'S256' } } },
    spec: () => ({ authorize: { pkceRequired: true } }),
    plain: 'authorize',
    plainSpec: () => ({ authorize: { pkce: 'off' } }),
  },
  {
    classes: [10],
    title: 'PKCE refused',
    rules: { authorize: { pkce: 'forbidden' }, token: { forbidden: ['code_verifier'] } },
    spec: () => ({ authorize: { pkce: 'off' } }),
    plain: 'authorize',
  },
  {
    classes: [10],
    title: 'PKCE refused from clients with a secret only',
    rules: { client: { secret: 'made-up-secret' }, authorize: { pkce: 'forbidden' } },
    secret: 'made-up-secret',
    spec: () => ({ authorize: { pkceWithSecret: 'off' } }),
    plain: 'authorize',
  },
  {
    classes: [11],
    title: 'PKCE challenge in hexadecimal under the name S256',
    rules: { authorize: { pkce: 'hex', required: { code_challenge_method: 'S256' } } },
    spec: () => ({ authorize: { pkce: 'S256-hex' } }),
    plain: 'authorize',
  },
  {
    classes: [12],
    title: 'PKCE method defaults to plain, so it is always named',
    rules: {
      authorize: { pkce: 'required', defaultMethod: 'plain', required: { code_challenge_method: 'S256' } },
    },
    spec: () => ({}),
    check: ({ url }) => expect(url.searchParams.get('code_challenge')).toMatch(/^[\w-]{43}$/),
    plain: 'works',
  },
  {
    classes: [12],
    title: 'only plain PKCE known',
    rules: { authorize: { pkce: 'plain' } },
    spec: () => ({ authorize: { pkce: 'plain' } }),
    plain: 'authorize',
  },
  {
    classes: [13],
    title: 'PKCE and secret together',
    rules: { client: { secret: 'made-up-secret', auth: 'post' }, authorize: { pkce: 'required' } },
    secret: 'made-up-secret',
    spec: () => ({ client: { auth: 'client_secret_post', publicPossible: 'no' } }),
    plain: 'authorize',
    plainSpec: () => ({ authorize: { pkce: 'off' } }),
  },
  {
    classes: [14],
    title: 'state not echoed, so it rides in the redirect address',
    rules: {
      authorize: {
        forbidden: ['state'],
        echoesState: false,
        redirect: (uri) => uri !== null && new URL(uri).searchParams.has('state'),
      },
    },
    spec: () => ({ authorize: { stateInRedirectUri: true, omitParams: ['state'] } }),
    check: ({ callback }) => expect(callback.get('state')).toMatch(/^[\w-]{40,}$/),
    plain: 'authorize',
  },
  {
    classes: [14],
    title: 'state of a minimum length',
    rules: { authorize: { minState: 100 } },
    spec: () => ({ authorize: { stateMinLength: 100 } }),
    plain: 'authorize',
  },
  {
    classes: [15],
    title: 'an address of its own for native clients',
    rules: { authorize: { path: '/native' } },
    spec: (origin) => ({
      client: { separatePublicClient: true },
      endpoints: { authorization: `${origin}/web`, nativeAuthorization: `${origin}/native` },
    }),
    plain: 'authorize',
    plainSpec: (origin) => ({ endpoints: { authorization: `${origin}/web` } }),
  },
]
