// Signatures instead of client secrets (RFC 7523), at oidc-provider: every endpoint, restarts, bundles, new
// keys and registration.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ClientMetadata, type Configuration, Provider } from 'oidc-provider'
import { describe, expect, it, onTestFinished } from 'vitest'
import { makeClientKey, publicPartOf } from '../../electron/core/oauth/client-keys.ts'
import type { ClientKey } from '../../shared/contract/provider.ts'
import type { ProviderSpecInput } from '../../shared/contract/provider-spec.ts'
import { providerInput } from '../../shared/contract/provider.ts'
import { bundleChoices } from '../../shared/contract/transfer.ts'
import { Secret } from '../../shared/contract/secret.ts'
import { aConnect, aProvider } from '../support/builders.ts'
import { openTestKeyway } from '../support/open-test-keyway.ts'
import { answerOf, grantOf, makeOAuthClient, resolvedProvider } from '../support/oauth.ts'
import { tempFolder } from '../support/temp-folder.ts'

const redirectUri = 'http://127.0.0.1:7317/oauth2/callback'
const request = {
  redirectUri,
  scopes: ['openid'],
  secondaryScopes: [],
  loginHint: null,
  prompt: null,
  optionalParams: {},
}
const grantTypes = [
  'client_credentials',
  'authorization_code',
  'urn:ietf:params:oauth:grant-type:device_code',
]

/** oidc-provider with these clients, on a port of its own. */
async function startServer(clients: readonly Partial<ClientMetadata>[], more: Configuration = {}) {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve()).closeAllConnections()))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = new Provider(issuer, {
    clients: clients.map((client) => ({
      grant_types: grantTypes,
      redirect_uris: [redirectUri],
      response_types: ['code'],
      ...client,
    })) as ClientMetadata[],
    ...more,
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      revocation: { enabled: true, allowedPolicy: () => true },
      ...more.features,
    },
  })
  const answer = provider.callback()
  server.on('request', (incoming, response) => void answer(incoming, response))
  return { issuer }
}

const signedClient = (id: string, keys: readonly ClientKey[], alg = 'ES256'): Partial<ClientMetadata> => ({
  client_id: id,
  token_endpoint_auth_method: 'private_key_jwt',
  token_endpoint_auth_signing_alg: alg as never,
  jwks: { keys: keys.map((key) => ({ ...key })) },
})

describe('a client with its own key', () => {
  it.each(['ES256', 'RS256', 'PS256', 'EdDSA'] as const)(
    'is taken at every endpoint with %s',
    async (alg) => {
      const key = makeClientKey(alg)
      const { issuer } = await startServer([signedClient('signing', [publicPartOf(key)], alg)])
      const spec: ProviderSpecInput = {
        discovery: { issuer },
        client: { auth: 'private_key_jwt', signingAlgorithm: alg },
        authorize: { par: 'always' },
      }
      const clientKeys = new Secret(JSON.stringify([key]))
      const provider = resolvedProvider(spec, { clientId: 'signing', clientKeys })
      const client = makeOAuthClient()
      const { url } = await client.authorize(provider, request)
      expect(new URL(url).searchParams.get('request_uri')).toMatch(/^urn:/)
      expect(await client.startDevice(provider, [])).toMatchObject({ intervalSeconds: 5 })
      const answer = answerOf(await client.clientCredentials(provider, []))
      expect(await client.revoke(provider, grantOf(answer))).toMatchObject({ revoked: 'at_provider' })
      const about = {
        redirectUri,
        choosesHost: false,
        scopes: ['openid'],
        flow: 'authorization_code' as const,
      }
      const steps = await makeOAuthClient().checkProvider(provider, about)
      expect(steps.map(({ name, outcome }) => [name, outcome])).toEqual([
        ['Setup', 'ok'],
        ['Discovery', 'ok'],
        ['Sign-in page', 'ok'],
        ['Token request', 'ok'],
        ['Disconnect', 'ok'],
      ])
      const shown = JSON.stringify(steps)
      expect(shown).toContain('client_assertion=[secret]')
      expect(shown).not.toContain(key.d)
    },
  )

  it('is refused with another key, and the check says so', async () => {
    const { issuer } = await startServer([signedClient('signing', [publicPartOf(makeClientKey('ES256'))])])
    const provider = resolvedProvider(
      { discovery: { issuer }, client: { auth: 'private_key_jwt' } },
      { clientId: 'signing', clientKeys: new Secret(JSON.stringify([makeClientKey('ES256')])) },
    )
    const client = makeOAuthClient()
    expect(await client.clientCredentials(provider, [])).toMatchObject({ code: 'invalid_client' })
    const about = { redirectUri, choosesHost: false, scopes: ['openid'], flow: 'client_credentials' as const }
    const steps = await client.checkProvider(provider, about)
    expect(steps.find(({ name }) => name === 'Token request')).toMatchObject({ outcome: 'failed' })
  })

  it('signs with the key before the newest until the provider knows the newest', async () => {
    const [newest, before] = [makeClientKey('ES256'), makeClientKey('ES256')]
    const { issuer } = await startServer([signedClient('signing', [publicPartOf(before)])])
    const provider = resolvedProvider(
      { discovery: { issuer }, client: { auth: 'private_key_jwt' } },
      { clientId: 'signing', clientKeys: new Secret(JSON.stringify([newest, before])) },
    )
    answerOf(await makeOAuthClient().clientCredentials(provider, []))
  })
})

it('a client whose secret signs is found by the metadata alone', async () => {
  const secret = 'a-made-up-secret-of-more-than-32-characters'
  const { issuer } = await startServer(
    [{ client_id: 'signing', client_secret: secret, token_endpoint_auth_method: 'client_secret_jwt' }],
    { clientAuthMethods: ['client_secret_jwt'] },
  )
  const provider = resolvedProvider({ discovery: { issuer } }, { clientId: 'signing', clientSecret: secret })
  const client = makeOAuthClient()
  await client.authorize(provider, request)
  answerOf(await client.clientCredentials(provider, []))
})

/** Everything that Keyway has written. */
const filesIn = (folder: string): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n')

describe('the key in Keyway', () => {
  it('is made with the provider, survives a restart and a bundle, and is never written in the clear', async () => {
    const folder = tempFolder()
    const opened = await openTestKeyway(folder)
    const made = opened.keyway.providers.create(
      aProvider({ clientId: 'signing', clientSecret: '', spec: { client: { auth: 'private_key_jwt' } } }),
    )
    expect(made.clientKeys).toMatchObject([{ kty: 'EC', alg: 'ES256', use: 'sig' }])
    expect(made.clientKeyPem).toMatch(/^-----BEGIN PUBLIC KEY-----/)
    const keys = opened.keyway.providers.resolve(made.id).clientKeys?.reveal() ?? ''
    const { d } = JSON.parse(keys)[0] as { d: string }
    const { content } = await opened.keyway.ui['bundle.export']({ passphrase: 'a long made-up passphrase' })
    await opened.close()
    expect(filesIn(folder)).not.toContain(d)
    expect(content).not.toContain(d)

    const again = await openTestKeyway(folder)
    onTestFinished(() => again.close())
    expect(again.keyway.providers.resolve(made.id).clientKeys?.reveal()).toBe(keys)
    expect(JSON.stringify(again.keyway.providers.list())).not.toContain(d)

    const other = await openTestKeyway(tempFolder())
    onTestFinished(() => other.close())
    await other.keyway.ui['bundle.import']({
      content,
      passphrase: 'a long made-up passphrase',
      choices: bundleChoices.parse({}),
    })
    const [imported] = other.keyway.providers.list()
    expect(imported?.clientKeys).toEqual(made.clientKeys)
    expect(other.keyway.providers.resolve(imported?.id ?? '').clientKeys?.reveal()).toBe(keys)
  })

  it('is replaced by a new one, and the one before is kept', async () => {
    const { keyway, close } = await openTestKeyway(tempFolder())
    onTestFinished(close)
    const made = keyway.providers.create(aProvider({ spec: { client: { auth: 'private_key_jwt' } } }))
    const first = await keyway.ui['providers.newClientKey']({ id: made.id })
    expect(first.clientKeys.map(({ kid }) => kid)).toContain(made.clientKeys[0]?.kid)
    expect(first.clientKeys).toHaveLength(2)
    const { provider } = keyway.providers.update(made.id, {
      spec: { ...made.overrides, client: { auth: 'private_key_jwt', signingAlgorithm: 'EdDSA' } },
    })
    expect(provider.clientKeys.map(({ alg }) => alg)).toEqual(['EdDSA', 'ES256'])
    expect(provider.clientKeys[1]?.kid).toBe(first.clientKeys[0]?.kid)
    const renamed = keyway.providers.update(made.id, { name: 'Another' })
    expect(renamed.provider.clientKeys).toEqual(provider.clientKeys)
  })

  it('is registered by itself at a server that takes nothing else', async () => {
    const { issuer } = await startServer([], {
      clientAuthMethods: ['private_key_jwt'],
      features: { registration: { enabled: true } },
    })
    const opened = await openTestKeyway(tempFolder())
    onTestFinished(opened.close)
    const { ui } = opened.keyway
    const { draft, registered } = await ui['providers.discover']({
      url: issuer,
      client: 'register',
      extraCa: null,
    })
    expect(registered).toBe(true)
    expect(draft.spec).toMatchObject({
      client: { auth: 'private_key_jwt', dynamicRegistration: true },
      // The server has just registered one, so nobody has to wonder whether it takes them.
      redirect: { loopback: 'yes' },
    })
    const provider = await ui['providers.create'](providerInput.parse({ ...draft, slug: 'signing' }))
    expect(provider.clientKeys).toHaveLength(1)
    const resolved = opened.keyway.providers.resolve(provider.id)
    const { url } = await makeOAuthClient().authorize(
      { ...resolved, spec: { ...resolved.spec, authorize: { ...resolved.spec.authorize, par: 'always' } } },
      request,
    )
    expect(new URL(url).searchParams.get('request_uri')).toMatch(/^urn:/)
  })

  it('is offered where the metadata wants it: a draft, and a fix of the check', async () => {
    const { issuer } = await startServer([], { clientAuthMethods: ['private_key_jwt'] })
    const client = makeOAuthClient()
    const { draft } = await client.discover(issuer, { redirectUris: [] })
    expect(draft.spec).toMatchObject({ client: { auth: 'private_key_jwt' } })
    const about = { redirectUri, choosesHost: false, scopes: ['openid'], flow: 'client_credentials' as const }
    const provider = resolvedProvider({ discovery: { issuer } }, { clientId: 'signing', clientSecret: 's' })
    const steps = await client.checkProvider(provider, about)
    expect(steps.find(({ name }) => name === 'Client authentication')?.fix?.spec).toEqual({
      client: { auth: 'private_key_jwt', signingAlgorithm: 'ES256' },
    })
  })

  it('is missing after a vault was set aside: the failure says how to make one', async () => {
    const { issuer } = await startServer([])
    const provider = resolvedProvider({ discovery: { issuer }, client: { auth: 'private_key_jwt' } })
    expect(await makeOAuthClient().clientCredentials(provider, [])).toMatchObject({
      kind: 'config_error',
      nextStep: expect.stringContaining('Make a new key') as string,
    })
  })

  it('gets a token through a connection', async () => {
    const opened = await openTestKeyway(tempFolder())
    onTestFinished(opened.close)
    const draft = aProvider({ clientId: 'signing', clientSecret: '', flow: 'client_credentials', scopes: [] })
    const made = opened.keyway.providers.create({
      ...draft,
      spec: { endpoints: { token: 'https://as.example/token' }, client: { auth: 'private_key_jwt' } },
    })
    const { issuer } = await startServer([signedClient('signing', made.clientKeys)])
    opened.keyway.providers.update(made.id, {
      spec: { discovery: { issuer }, client: { auth: 'private_key_jwt' } },
    })
    const flow = await opened.keyway.connections.connect(
      aConnect({ providerId: made.id, account: 'robot', kind: 'client_credentials' }),
    )
    expect(flow.kind).toBe('done')
  })
})
