import { expect } from 'vitest'
import type { Quirk } from './quirk.ts'

const me = { id: 'u1', email: 'ada@example.test' }

/** Classes 57 to 64: how the API is called, and who the account is. */
export const apiQuirks: readonly Quirk[] = [
  {
    classes: [57],
    title: 'another header for the access token',
    rules: { apiHeader: (token) => ['x-shop-token', token] },
    spec: () => ({ api: { tokenHeader: 'X-Shop-Token: {access_token}' } }),
    plain: 'identify',
  },
  {
    classes: [57],
    title: 'another scheme in the Authorization header',
    rules: { apiHeader: (token) => ['authorization', `Acme-oauthtoken ${token}`] },
    spec: () => ({ api: { tokenHeader: 'Authorization: Acme-oauthtoken {access_token}' } }),
    plain: 'identify',
  },
  {
    classes: [58],
    title: 'headers that the API demands',
    rules: {
      apiRequired: {
        'api-version': '2025-10',
        'client-id': 'made-up-client',
        'user-agent': /\(me@example\.test\)$/,
      },
    },
    spec: () => ({
      api: {
        headers: {
          'API-Version': '2025-10',
          'Client-Id': '{client_id}',
          'User-Agent': '{app_name} ({contact_email})',
        },
      },
    }),
    plain: 'identify',
  },
  {
    classes: [59],
    title: 'the API host from the token reply',
    rules: {
      reply: (fields, { origin }) => ({ ...fields, api_domain: origin }),
      api: { 'GET /v1/me': () => me },
    },
    spec: () => ({
      api: { baseUrl: '{token.api_domain}/v1', dynamicHostPattern: '127\\.0\\.0\\.1' },
      account: { request: { url: '{token.api_domain}/v1/me' } },
    }),
    check: ({ answer }, server) => expect(answer.values).toEqual({ 'token.api_domain': server.origin }),
    plain: 'identify',
  },
  {
    classes: [60],
    title: 'the API host from the identity reply',
    rules: { api: { 'GET /api/me': () => ({ ...me, accounts: [{ base_uri: 'https://eu.api.example' }] }) } },
    spec: () => ({ api: { baseUrl: '{identity.accounts[0].base_uri}/v2' } }),
    check: ({ identity }) =>
      expect(identity.values).toEqual({ 'identity.accounts[0].base_uri': 'https://eu.api.example' }),
    plain: 'works',
  },
  {
    classes: [61],
    title: 'a resource to choose',
    rules: {
      api: {
        'GET /api/me': () => me,
        'GET /api/sites': () => ({
          sites: [{ uuid: 7, title: 'Site A', href: 'https://a.example' }, { title: 'no id' }],
        }),
      },
    },
    spec: (origin) => ({
      account: {
        resource: {
          url: `${origin}/api/sites`,
          itemsPath: 'sites',
          idPath: 'uuid',
          labelPath: 'title',
          urlPath: 'href',
          bindAs: 'id',
        },
      },
      api: { baseUrl: 'https://api.example/{resource.id}' },
    }),
    check: ({ resources }) =>
      expect(resources).toEqual([{ id: '7', label: 'Site A', url: 'https://a.example' }]),
    plain: 'works',
  },
  {
    classes: [62],
    title: 'the API address from the callback',
    rules: {
      authorize: { callback: () => ({ realmId: '9130' }) },
      api: { 'GET /company/9130/me': () => me },
    },
    spec: (origin) => ({
      authorize: { callbackParams: ['realmId'] },
      account: { request: { url: `${origin}/company/{callback.realmId}/me` } },
    }),
    plain: 'identify',
  },
  {
    classes: [63],
    title: 'identity by GraphQL',
    rules: {
      api: {
        'POST /graphql': ({ text }) =>
          (JSON.parse(text) as { query: string }).query === '{ viewer { id email } }'
            ? { data: { viewer: me } }
            : {},
      },
    },
    spec: (origin) => ({
      account: {
        request: {
          method: 'POST',
          url: `${origin}/graphql`,
          headers: { 'Content-Type': 'application/json' },
          body: { query: '{ viewer { id email } }' },
        },
        idPath: 'data.viewer.id',
        labelPath: 'data.viewer.email',
      },
    }),
    check: ({ identity }) => expect(identity).toMatchObject({ id: 'u1', label: 'ada@example.test' }),
    plain: 'identify',
  },
  {
    classes: [63],
    title: 'identity by introspection with a form',
    secret: 'made-up-secret',
    rules: {
      client: { secret: 'made-up-secret' },
      api: {
        'POST /introspect': ({ params, format }) =>
          format === 'form' && params['client_secret'] === 'made-up-secret' && params['token'] !== undefined
            ? { hub_id: 9, user: 'ada@example.test' }
            : {},
      },
    },
    spec: (origin) => ({
      account: {
        request: {
          method: 'POST',
          url: `${origin}/introspect`,
          headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
          body: { token: '{access_token}', client_id: '{client_id}', client_secret: '{client_secret}' },
        },
        idPath: 'hub_id',
        labelPath: 'user',
      },
    }),
    check: ({ identity }) => expect(identity).toMatchObject({ id: '9', label: 'ada@example.test' }),
    plain: 'identify',
  },
  {
    classes: [64],
    title: 'identity with another auth scheme than the API',
    rules: { apiHeader: (token) => ['authorization', `OAuth ${token}`] },
    spec: (origin) => ({
      account: { request: { url: `${origin}/api/me`, headers: { Authorization: 'OAuth {access_token}' } } },
    }),
    plain: 'identify',
  },
]
