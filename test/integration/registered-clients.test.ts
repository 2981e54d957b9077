// Clients that a server registers for Keyway (RFC 7591), in the words of servers that leave things out.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { providerInput } from '../../shared/contract/provider.ts'
import { aConnect, aProvider } from '../support/builders.ts'
import { makeOAuthClient } from '../support/oauth.ts'
import { openTestKeyway } from '../support/open-test-keyway.ts'
import { always, startAnswering } from '../support/providers/answering-server.ts'
import { tempFolder } from '../support/temp-folder.ts'

const redirectUri = 'http://127.0.0.1:7317/oauth2/callback'

type Registering = (wanted: { redirect_uris: string[] }, count: number) => [status: number, body: object]

async function startServer(register: Registering) {
  const asked: string[][] = []
  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    let text = ''
    for await (const chunk of incoming) text += String(chunk)
    const { origin } = server
    if (incoming.url === '/.well-known/oauth-authorization-server') {
      return always(200, {
        issuer: origin,
        authorization_endpoint: `${origin}/authorize`,
        token_endpoint: `${origin}/token`,
        registration_endpoint: `${origin}/register`,
      })(incoming, response)
    }
    if (incoming.url !== '/register') return always(404, '')(incoming, response)
    const wanted = JSON.parse(text) as { redirect_uris: string[] }
    asked.push(wanted.redirect_uris)
    always(...register(wanted, asked.length))(incoming, response)
  }
  const server = await startAnswering((incoming, response) => void answer(incoming, response))
  return { origin: server.origin, asked }
}

const discover = (origin: string) => makeOAuthClient().discover(origin, { redirectUris: [redirectUri] })
const END = Date.parse('2030-01-02T03:04:05Z')

describe('a registration answer', () => {
  it.each<[string, object, object, number | null]>([
    ['id and secret alone', { client_secret: 's' }, { clientId: 'j1', clientSecret: 's' }, null],
    ['no end as null', { client_secret: 's', client_secret_expires_at: null }, { clientSecret: 's' }, null],
    ['no end as text', { client_secret: 's', client_secret_expires_at: '0' }, { clientSecret: 's' }, null],
    [
      'an unreadable end',
      { client_secret: 's', client_secret_expires_at: 'never' },
      { clientSecret: 's' },
      null,
    ],
    ['an end in seconds', { client_secret: 's', client_secret_expires_at: END / 1000 }, {}, END],
    ['an end in seconds as text', { client_secret: 's', client_secret_expires_at: `${END / 1000}` }, {}, END],
    ['an end as a date', { client_secret: 's', client_secret_expires_at: '2030-01-02T03:04:05Z' }, {}, END],
    ['an empty secret', { client_secret: '' }, { clientId: 'j1' }, null],
    ['no secret, and null', { client_secret: null, client_secret_expires_at: 0 }, { clientId: 'j1' }, null],
    ['a number as id', { client_id: 42, client_secret: 's' }, { clientId: '42' }, null],
    ['a number as secret', { client_id: 7, client_secret: 1234 }, { clientSecret: '1234' }, null],
    [
      'optional members of the wrong type',
      { client_secret: 's', token_endpoint_auth_method: 7, registration_client_uri: [], redirect_uris: 'x' },
      { clientId: 'j1', clientSecret: 's' },
      null,
    ],
  ])('with %s', async (_name, body, expected, end) => {
    const { origin } = await startServer(() => [201, { client_id: 'j1', ...body }])
    const { draft, registered, missing } = await discover(origin)
    expect(missing).toEqual([])
    expect(draft).toMatchObject(expected)
    expect(registered?.clientSecretExpiresAt ?? null).toBe(end)
    const auth = (draft.clientSecret ?? '') === '' ? 'none' : 'client_secret_basic'
    expect(draft.spec).toMatchObject({ client: { auth } })
  })

  it('without an id is no client', async () => {
    const { origin } = await startServer(() => [201, { client_secret: 's' }])
    expect((await discover(origin)).missing).toEqual(['clientId'])
  })
})

it('the end of a secret is kept and shown until another secret is typed', async () => {
  const { origin } = await startServer(() => [
    201,
    { client_id: 'j1', client_secret: 's', client_secret_expires_at: END / 1000 },
  ])
  const opened = await openTestKeyway(tempFolder())
  onTestFinished(opened.close)
  const { ui, providers } = opened.keyway
  const { draft } = await ui['providers.discover']({ url: origin, client: 'register', extraCa: null })
  const made = await ui['providers.create'](providerInput.parse({ ...draft, slug: 'ending' }))
  expect(made.clientSecretExpiresAt).toBe(END)
  expect(providers.update(made.id, { name: 'Another' }).provider.clientSecretExpiresAt).toBe(END)
  expect(providers.update(made.id, { clientSecret: 'other' }).provider.clientSecretExpiresAt).toBeNull()
})

describe('a server that takes only the other loopback name', () => {
  const onlyLocalhost: Registering = ({ redirect_uris: [first = ''] }) =>
    first.startsWith('http://localhost')
      ? [201, { client_id: 'j1' }]
      : [400, { error: 'invalid_redirect_uri', error_description: 'not 127.0.0.1' }]

  it('is registered at with it, and the draft uses it', async () => {
    const { origin, asked } = await startServer(onlyLocalhost)
    const { draft } = await discover(origin)
    expect(draft).toMatchObject({ clientId: 'j1', redirectHost: 'localhost' })
    expect(asked).toEqual([[redirectUri], ['http://localhost:7317/oauth2/callback']])
  })

  it('gets it in the sign-in as well', async () => {
    const { origin } = await startServer(onlyLocalhost)
    const opened = await openTestKeyway(tempFolder())
    onTestFinished(opened.close)
    const { keyway } = opened
    const provider = keyway.providers.create(
      aProvider({
        clientId: '',
        clientSecret: '',
        spec: { discovery: { issuer: origin }, client: { dynamicRegistration: true } },
      }),
    )
    const flow = await keyway.connections.connect(aConnect({ providerId: provider.id, open: 'link-only' }))
    if (flow.kind !== 'waiting_for_browser') throw new Error(JSON.stringify(flow))
    const sent = new URL(flow.authorizationUrl).searchParams
    expect([sent.get('client_id'), sent.get('redirect_uri')]).toEqual([
      'j1',
      'http://localhost:7317/oauth2/callback',
    ])
    expect(keyway.providers.find(provider.id)).toMatchObject({ redirectHost: 'localhost', clientId: 'j1' })
  })
})

describe('a client that the server has forgotten', () => {
  /** Registers c1, c2 …; the token endpoint knows those that the test says. */
  const start = async () => {
    const state = { registered: 0, known: new Set<string>() }
    const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
      let text = ''
      for await (const chunk of incoming) text += String(chunk)
      const { origin } = server
      if (incoming.url === '/register') {
        const id = `c${(state.registered += 1)}`
        state.known.add(id)
        return always(201, { client_id: id })(incoming, response)
      }
      if (incoming.url !== '/token') {
        return always(200, {
          issuer: origin,
          authorization_endpoint: `${origin}/authorize`,
          token_endpoint: `${origin}/token`,
          registration_endpoint: `${origin}/register`,
        })(incoming, response)
      }
      const isKnown = state.known.has(new URLSearchParams(text).get('client_id') ?? '')
      const tokens = { access_token: 'at', token_type: 'Bearer', expires_in: 3600, refresh_token: 'rt' }
      always(isKnown ? 200 : 401, isKnown ? tokens : { error: 'invalid_client' })(incoming, response)
    }
    const server = await startAnswering((incoming, response) => void answer(incoming, response))
    const opened = await openTestKeyway(tempFolder())
    onTestFinished(opened.close)
    const { keyway } = opened
    const provider = keyway.providers.create(
      aProvider({
        clientId: '',
        clientSecret: '',
        spec: { discovery: { issuer: server.origin }, client: { dynamicRegistration: true } },
      }),
    )
    const open = async (connectionId: string | null) => {
      const flow = await keyway.connections.connect(
        aConnect({ providerId: provider.id, open: 'link-only', connectionId }),
      )
      if (flow.kind !== 'waiting_for_browser') throw new Error(JSON.stringify(flow))
      return new URL(flow.authorizationUrl).searchParams
    }
    const comeBack = async (asked: URLSearchParams, more: Record<string, string> = { code: 'c' }) =>
      (await keyway.flows.callback(new URLSearchParams({ state: asked.get('state') ?? '', ...more }))).flow
    return { keyway, provider, state, open, comeBack }
  }

  it('is registered again by the next sign-in, and then refreshes work', async () => {
    const { keyway, provider, state, open, comeBack } = await start()
    expect(await comeBack(await open(null))).toMatchObject({ kind: 'done' })
    const [connection] = keyway.connections.list()
    const id = connection?.id ?? ''
    state.known.clear()
    const failed = await keyway.connections.refresh(id)
    expect(failed.lastOutcome).toMatchObject({
      status: 'reconnect_needed',
      message: expect.stringContaining('registers a new client') as string,
    })
    expect(keyway.providers.find(provider.id)).toMatchObject({ clientId: 'c1' })
    const asked = await open(id)
    expect(asked.get('client_id')).toBe('c2')
    expect(await comeBack(asked)).toMatchObject({ kind: 'done', connectionId: id })
    expect((await keyway.connections.refresh(id)).lastOutcome.status).toBe('ok')
    expect(keyway.providers.find(provider.id)).toMatchObject({ clientId: 'c2', clientRefusedAt: null })
  })

  it('stays when the refusal was temporary', async () => {
    const { keyway, provider, state, open, comeBack } = await start()
    await comeBack(await open(null))
    const id = keyway.connections.list()[0]?.id ?? ''
    state.known.clear()
    await keyway.connections.refresh(id)
    expect(keyway.providers.find(provider.id)?.clientRefusedAt).not.toBeNull()
    state.known.add('c1')
    await keyway.connections.refresh(id)
    expect(keyway.providers.find(provider.id)?.clientRefusedAt).toBeNull()
    expect((await open(id)).get('client_id')).toBe('c1')
  })

  it.each(['invalid_client', 'unauthorized_client'])(
    'is noticed in the authorization response: %s',
    async (error) => {
      const { open, comeBack } = await start()
      const first = await open(null)
      expect(await comeBack(first, { error })).toMatchObject({
        kind: 'failed',
        failure: { nextStep: expect.stringContaining('registers a new client') as string },
      })
      expect((await open(null)).get('client_id')).toBe('c2')
    },
  )

  it('is noticed when the code is exchanged', async () => {
    const { state, open, comeBack } = await start()
    const first = await open(null)
    state.known.clear()
    expect(await comeBack(first)).toMatchObject({
      kind: 'failed',
      failure: { nextStep: expect.stringContaining('registers a new client') as string },
    })
    expect(await comeBack(await open(null))).toMatchObject({ kind: 'done' })
  })
})

it('a resource that is refused at the refresh is left out there, also after a restart', async () => {
  const asked: Array<string | null> = []
  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    let text = ''
    for await (const chunk of incoming) text += String(chunk)
    const body = new URLSearchParams(text)
    const isRefresh = body.get('grant_type') === 'refresh_token'
    if (isRefresh) asked.push(body.get('resource'))
    const isRefused = isRefresh && body.has('resource')
    const tokens = { access_token: 'at', token_type: 'Bearer', expires_in: 3600, refresh_token: 'rt' }
    always(isRefused ? 400 : 200, isRefused ? { error: 'invalid_target' } : tokens)(incoming, response)
  }
  const { origin } = await startAnswering((incoming, response) => void answer(incoming, response))
  const folder = tempFolder()
  const opened = await openTestKeyway(folder)
  const provider = opened.keyway.providers.create(
    aProvider({
      spec: {
        endpoints: { authorization: `${origin}/authorize`, token: `${origin}/token` },
        resources: ['https://api.example'],
      },
    }),
  )
  const flow = await opened.keyway.connections.connect(
    aConnect({ providerId: provider.id, account: 'work', kind: 'refresh_token', token: 'made-up' }),
  )
  expect(flow.kind).toBe('done')
  const id = opened.keyway.connections.list()[0]?.id ?? ''
  expect((await opened.keyway.connections.refresh(id)).lastOutcome.status).toBe('ok')
  await opened.close()
  const again = await openTestKeyway(folder)
  onTestFinished(again.close)
  expect((await again.keyway.connections.refresh(id)).lastOutcome.status).toBe('ok')
  // The paste verifies the token with one refresh, which does not know the provider's record.
  expect(asked).toEqual(['https://api.example', null, 'https://api.example', null, null])
})
