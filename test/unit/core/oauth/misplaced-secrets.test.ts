// A description from an older version may use a secret where a browser or a screen would show it. It is
// rejected when it is used.
import { expect, test } from 'vitest'
import { apiBaseUrl, proxyPolicy } from '../../../../electron/core/connections/proxy-policy.ts'
import { KeywayError } from '../../../../shared/contract/errors.ts'
import { providerSpec, type ProviderSpecInput } from '../../../../shared/contract/provider-spec.ts'
import { Secret } from '../../../../shared/contract/secret.ts'
import { makeOAuthClient, resolvedProvider } from '../../../support/oauth.ts'

const CLIENT_SECRET = 'a-client-secret-nobody-may-see'
const TOKEN = 'an-access-token-nobody-may-see'
const endpoints = { authorization: 'https://as.test/authorize', token: 'https://as.test/token' }
const credential = {
  accessToken: new Secret(TOKEN),
  tokenType: 'Bearer',
  dpopKey: null,
  values: {},
  idToken: null,
}

type Sent = { url: string; body: string }

/** A server that accepts everything and records the requests. */
function clientOver(sent: Sent[]) {
  return makeOAuthClient({
    fetchFor: () => (url, init) => {
      sent.push({ url, body: typeof init?.body === 'string' ? init.body : '' })
      const reply = { access_token: 'fresh-access-token-1', token_type: 'bearer', id: '1', items: [] }
      return Promise.resolve(
        new Response(JSON.stringify(reply), { headers: { 'content-type': 'application/json' } }),
      )
    },
  })
}

const provider = (spec: ProviderSpecInput) =>
  resolvedProvider({ endpoints, ...spec }, { clientSecret: CLIENT_SECRET })

async function authorize(spec: ProviderSpecInput, sent: Sent[]): Promise<string> {
  const request = {
    redirectUri: 'http://127.0.0.1:7317/oauth2/callback',
    scopes: ['read'],
    secondaryScopes: [],
    loginHint: null,
    prompt: null,
    optionalParams: {},
  }
  return (await clientOver(sent).authorize(provider(spec), request)).url
}

const refresh = (spec: ProviderSpecInput, sent: Sent[]) =>
  clientOver(sent).refresh(provider(spec), {
    refreshToken: new Secret('a-refresh-token-1'),
    accessToken: new Secret(TOKEN),
    scopes: [],
    redirectUri: null,
    dpopKey: null,
    values: {},
  })

async function failureOf(task: Promise<unknown>): Promise<KeywayError> {
  const outcome = await task.catch((error: unknown) => error)
  if (outcome instanceof KeywayError) return outcome
  throw new Error(`not refused: ${JSON.stringify(outcome)}`)
}

const SECRETS = ['{client_secret}', '{access_token}', '{refresh_token}', '{id_token}', '{token.access_token}']
const inAuthorization: Array<[string, (secret: string) => ProviderSpecInput]> = [
  ['a parameter of the sign-in', (secret) => ({ authorize: { extraParams: { x: secret } } })],
  ['a resource', (secret) => ({ resources: [`https://api.test/${secret}`] })],
  [
    'the sign-in address',
    (secret) => ({ endpoints: { ...endpoints, authorization: `https://as.test/a?x=${secret}` } }),
  ],
  ['the token address', (secret) => ({ endpoints: { ...endpoints, token: `https://as.test/${secret}` } })],
  ['the issuer', (secret) => ({ endpoints: {}, discovery: { issuer: `https://as.test/${secret}` } })],
  ['the metadata address', (secret) => ({ endpoints: {}, discovery: { url: `https://as.test/${secret}` } })],
]

test.each(inAuthorization)('%s with a secret is refused, and nothing is sent', async (_what, spec) => {
  for (const secret of SECRETS) {
    const sent: Sent[] = []
    const failure = await failureOf(authorize(spec(secret), sent))
    expect(failure).toMatchObject({ code: 'config_error' })
    expect(failure.message).toContain(secret)
    expect(sent).toEqual([])
  }
  // The control: the same place with a value that is not secret.
  expect(await authorize(spec('{client_id}'), []).catch(() => 'made-up-client')).toContain('made-up-client')
})

test('at a refresh a secret in a resource or address is refused as a setting, and in a parameter it is filled', async () => {
  for (const spec of [
    { resources: ['https://api.test/{access_token}'] },
    { refresh: { url: 'https://as.test/{refresh_token}' } },
  ]) {
    const sent: Sent[] = []
    expect(await refresh(spec, sent)).toMatchObject({ kind: 'config_error', code: 'config_error' })
    expect(sent).toEqual([])
  }
  const sent: Sent[] = []
  expect(
    await refresh({ refresh: { params: { old: '{access_token}', s: '{client_secret}' } } }, sent),
  ).toMatchObject({ kind: 'ok' })
  expect(sent[0]?.body).toContain(`old=${TOKEN}&s=${CLIENT_SECRET}`)
  expect(sent[0]?.url).toBe(endpoints.token)
})

test('the address of an identity or resource call holds no secret, its body does', async () => {
  const sent: Sent[] = []
  const oauth = clientOver(sent)
  const request = (url: string) => ({
    account: { request: { method: 'POST' as const, url, body: { t: '{access_token}' } } },
  })
  const leaky = provider(request('https://api.test/me?t={access_token}'))
  // The identity is unknown then; the sign-in does not fail.
  expect(await oauth.identify(leaky, credential)).toMatchObject({ id: null })
  expect(sent).toEqual([])
  await oauth.identify(provider(request('https://api.test/me')), credential)
  expect(sent).toEqual([{ url: 'https://api.test/me', body: JSON.stringify({ t: TOKEN }) }])
  const resource = {
    url: 'https://api.test/{client_secret}',
    itemsPath: 'items',
    idPath: 'id',
    labelPath: 'l',
    bindAs: 'x',
  }
  const listed = await failureOf(oauth.listResources(provider({ account: { resource } }), credential))
  expect(listed.code).toBe('config_error')
})

test('the address and headers of an API take no secret: shown without it, refused when used', () => {
  const about = { clientId: 'c', parameters: {}, allowedHosts: [], privateHosts: [], extraCa: null }
  const leaky = providerSpec.parse({ api: { baseUrl: 'https://api.test/{access_token}' } })
  // The list of connections uses it too, so it must not throw.
  expect(apiBaseUrl(about, leaky, { values: {} })).toBeNull()
  const header = providerSpec.parse({ api: { headers: { 'x-key': '{client_secret}' } } })
  expect(() => proxyPolicy(about, header, { values: {} })).toThrow(/may not stand here/)
  const fine = providerSpec.parse({
    api: { baseUrl: 'https://api.test/v1', headers: { 'x-key': '{client_id}' } },
  })
  expect(proxyPolicy(about, fine, { values: {} }).headers).toEqual({ 'x-key': 'c' })
})
