// Whose server answers: an issuer that nobody has configured is taken from the first id_token and compared
// from then on; shared tenants name theirs in the token.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { SignJWT } from 'jose'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ProviderSpecInput } from '../../shared/contract/provider-spec.ts'
import { aConnect, aProvider } from '../support/builders.ts'
import { makeOAuthClient, resolvedProvider } from '../support/oauth.ts'
import { openTestKeyway } from '../support/open-test-keyway.ts'
import { always, startAnswering } from '../support/providers/answering-server.ts'
import { tempFolder } from '../support/temp-folder.ts'

const redirectUri = 'http://127.0.0.1:7317/oauth2/callback'

/** A server whose id_tokens name what the test says. */
async function startServer(claims: { iss?: string; tid?: string } = {}, documentIssuer?: string) {
  const told = { claims, nonce: '', sub: 'ada' }
  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = incoming.url ?? ''
    if (path.includes('/.well-known/openid-configuration') && documentIssuer !== undefined) {
      const issuer = documentIssuer.replace('ORIGIN', server.origin)
      return always(200, { issuer, ...endpointsOf(server.origin) })(incoming, response)
    }
    if (path !== '/token') return always(404, '')(incoming, response)
    const idToken = await new SignJWT({ nonce: told.nonce, ...told.claims })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(told.sub)
      .setAudience('made-up-client')
      .setIssuedAt()
      .setExpirationTime('5 minutes')
      .sign(Buffer.from('made up, and nobody looks at it'))
    always(200, {
      access_token: 'made-up-access',
      token_type: 'Bearer',
      expires_in: 3600,
      refresh_token: 'made-up-refresh',
      id_token: idToken,
    })(incoming, response)
  }
  const server = await startAnswering((incoming, response) => void answer(incoming, response))
  return { origin: server.origin, told }
}

const endpointsOf = (origin: string) => ({
  authorization_endpoint: `${origin}/authorize`,
  token_endpoint: `${origin}/token`,
})
const typed = (origin: string) => ({ authorization: `${origin}/authorize`, token: `${origin}/token` })

describe('an issuer that nobody has configured', () => {
  const start = async (spec: (origin: string) => ProviderSpecInput) => {
    const { origin, told } = await startServer()
    const opened = await openTestKeyway(tempFolder())
    onTestFinished(opened.close)
    const { keyway } = opened
    const provider = keyway.providers.create(
      aProvider({ clientSecret: '', scopes: ['openid'], spec: spec(origin) }),
    )
    const signIn = async (claims: { iss: string }, account: string) => {
      const flow = await keyway.connections.connect(
        aConnect({ providerId: provider.id, open: 'link-only', account }),
      )
      if (flow.kind !== 'waiting_for_browser') throw new Error(JSON.stringify(flow))
      const asked = new URL(flow.authorizationUrl).searchParams
      Object.assign(told, { claims, nonce: asked.get('nonce') ?? '', sub: account })
      const callback = new URLSearchParams({ code: 'made-up-code', state: asked.get('state') ?? '' })
      return (await keyway.flows.callback(callback)).flow
    }
    return { keyway, provider, signIn, origin }
  }

  it('is taken from the first id_token, stored, and another one later is refused with the field to change', async () => {
    const { keyway, provider, signIn, origin } = await start((at) => ({ endpoints: typed(at) }))
    expect(await signIn({ iss: `${origin}/realms/x` }, 'ada')).toMatchObject({ kind: 'done' })
    expect(keyway.providers.find(provider.id)?.spec.discovery).toMatchObject({
      issuer: null,
      learnedIssuer: `${origin}/realms/x`,
    })
    expect(await signIn({ iss: `${origin}/realms/x` }, 'grace')).toMatchObject({ kind: 'done' })
    const refused = await signIn({ iss: 'https://other.example' }, 'eve')
    expect(refused).toMatchObject({
      kind: 'failed',
      failure: {
        code: 'provider_error',
        message: expect.stringContaining('https://other.example') as string,
        nextStep: expect.stringContaining('set it as the issuer') as string,
        field: 'spec.discovery.issuer',
      },
    })
    expect(JSON.stringify(refused)).toContain(`${origin}/realms/x`)
    expect(keyway.connections.list()).toHaveLength(2)
  })

  it('gives way to the one that the person sets', async () => {
    const { keyway, provider, signIn, origin } = await start((at) => ({ endpoints: typed(at) }))
    await signIn({ iss: `${origin}/realms/x` }, 'ada')
    const spec = { ...keyway.providers.find(provider.id)?.overrides }
    keyway.providers.update(provider.id, {
      spec: { ...spec, discovery: { ...spec.discovery, issuer: 'https://other.example' } },
    })
    expect(await signIn({ iss: 'https://other.example' }, 'eve')).toMatchObject({ kind: 'done' })
  })
})

it('a configured issuer is compared from the first sign-in on', async () => {
  const { origin, told } = await startServer({ iss: 'https://other.example' })
  const client = makeOAuthClient()
  const provider = resolvedProvider({
    discovery: { issuer: `${origin}/realms/x` },
    endpoints: typed(origin),
  })
  const request = {
    redirectUri,
    scopes: ['openid'],
    secondaryScopes: [],
    loginHint: null,
    prompt: null,
    optionalParams: {},
  }
  const { url, authorizationState } = await client.authorize(provider, request)
  told.nonce = new URL(url).searchParams.get('nonce') ?? ''
  const callback = new URLSearchParams({ code: 'c', state: authorizationState.state })
  expect(await client.exchange(provider, authorizationState, callback)).toMatchObject({
    kind: 'refused',
    setting: { field: 'spec.discovery.issuer' },
  })
})

describe('metadata of shared tenants', () => {
  const tenants = 'ORIGIN/{tenantid}/v2.0'
  const exchangeAt = async (spec: ProviderSpecInput, told: { nonce: string }) => {
    const client = makeOAuthClient()
    const provider = resolvedProvider(spec)
    const request = {
      redirectUri,
      scopes: ['openid'],
      secondaryScopes: [],
      loginHint: null,
      prompt: null,
      optionalParams: {},
    }
    const { url, authorizationState } = await client.authorize(provider, request)
    told.nonce = new URL(url).searchParams.get('nonce') ?? ''
    const callback = new URLSearchParams({ code: 'c', state: authorizationState.state })
    return client.exchange(provider, authorizationState, callback)
  }

  it.each(['/common/v2.0', '/organizations/v2.0', '/common/v2.0/.well-known/openid-configuration'])(
    'is recognized at %s, and the token names its tenant',
    async (path) => {
      const { origin, told } = await startServer({}, tenants)
      const { draft } = await makeOAuthClient().discover(`${origin}${path}`, { redirectUris: [] })
      const asked = `${origin}${path.replace('/.well-known/openid-configuration', '')}`
      expect(draft.spec).toMatchObject({
        discovery: { issuer: asked, issuerPattern: `${origin}/{tenantid}/v2.0` },
      })
      told.claims = { iss: `${origin}/t-1/v2.0`, tid: 't-1' }
      expect((await exchangeAt(draft.spec ?? {}, told)).kind).toBe('ok')
      told.claims = { iss: `${origin}/t-2/v2.0`, tid: 't-1' }
      expect(await exchangeAt(draft.spec ?? {}, told)).toMatchObject({ kind: 'refused' })
    },
  )

  it('is enough without a pattern typed by the person', async () => {
    const { origin, told } = await startServer({}, tenants)
    told.claims = { iss: `${origin}/t-1/v2.0`, tid: 't-1' }
    const outcome = await exchangeAt({ discovery: { issuer: `${origin}/common/v2.0` } }, told)
    expect(outcome.kind).toBe('ok')
    told.claims = { iss: 'https://other.example/t-1/v2.0', tid: 't-1' }
    expect(await exchangeAt({ discovery: { issuer: `${origin}/common/v2.0` } }, told)).toMatchObject({
      kind: 'refused',
      setting: { field: 'spec.discovery.issuer' },
    })
  })
})
