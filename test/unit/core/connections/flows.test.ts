import { describe, expect, test } from 'vitest'
import { KeywayError } from '../../../../shared/contract/errors.ts'
import { Secret } from '../../../../shared/contract/secret.ts'
import { openTokens } from '../../../../electron/core/connections/store/sealed.ts'
import { secretBoxOf } from '../../../../electron/core/vault/status.ts'
import type { Flow } from '../../../../shared/contract/flow.ts'
import { aConnect, aProvider } from '../../../support/builders.ts'
import { settle } from '../../../support/settle.ts'
import { answerTo, signIn, startConnected, startTestKeyway } from '../../../support/start-keyway.ts'

const MINUTE_MS = 60_000

async function startWithProvider(
  options: Parameters<typeof startTestKeyway>[0] = {},
  draft: Parameters<typeof aProvider>[0] = {},
) {
  const started = await startTestKeyway(options)
  const provider = started.keyway.providers.create(aProvider(draft))
  const connect = (more: Partial<Parameters<typeof aConnect>[0]> = {}): Promise<Flow> =>
    started.keyway.connections.connect(aConnect({ providerId: provider.id, ...more }))
  return { ...started, provider, connect }
}

const waiting = (flow: Flow): Flow & { kind: 'waiting_for_browser' } => {
  if (flow.kind !== 'waiting_for_browser')
    throw new Error(`the flow is ${flow.kind}: ${JSON.stringify(flow)}`)
  return flow
}

describe('starting a sign-in', () => {
  test('opens the system browser once, at a fresh URL, and the callback makes a connection', async () => {
    const { keyway, server, opened, connect } = await startWithProvider()
    const flow = waiting(await connect())
    expect(opened).toEqual([flow.authorizationUrl])
    expect(flow).toMatchObject({
      opened: true,
      warning: null,
      redirectUri: 'http://127.0.0.1:7317/oauth2/callback',
    })
    const result = await keyway.flows.callback(answerTo(flow, server.authorise(['read', 'write'])))
    expect(result).toMatchObject({
      failure: null,
      flow: { kind: 'done', account: 'ada@example.test', identityLabel: 'ada@example.test', warning: null },
    })
    expect(keyway.connections.list()).toMatchObject([
      {
        account: 'ada@example.test',
        identity: { id: 'u-1' },
        lastOutcome: { status: 'ok' },
        isDefault: false,
      },
    ])
  })

  test('an opener that fails, throws or hangs is a warning with the link beside it', async () => {
    const openers = [
      () => Promise.resolve({ opened: false as const, reason: 'no browser' }),
      () => Promise.reject(new Error('no display')),
      () => new Promise<never>(() => undefined),
    ]
    for (const open of openers) {
      const { connect, clock } = await startWithProvider({ browser: { open, installed: async () => [] } })
      const pending = connect()
      await settle()
      clock.advance(5000)
      const flow = waiting(await pending)
      expect(flow.opened).toBe(false)
      expect(flow.warning).toMatch(/could not be opened/)
    }
  })

  test('by link only opens nothing and hands the URL out', async () => {
    const { keyway, provider, opened } = await startWithProvider()
    const { flow, url } = await keyway.flows.startForLink(aConnect({ providerId: provider.id }))
    expect(url).toBe(waiting(flow).authorizationUrl)
    expect(opened).toEqual([])
  })

  test('asks for the provider’s scopes, those it asked for before and the wanted ones, each once', async () => {
    const { keyway, connectionId, providerId, oauth } = await startConnected()
    await keyway.connections.connect(aConnect({ providerId, connectionId, addScopes: ['admin', 'read'] }))
    expect(oauth.authorisations.at(-1)?.scopes).toEqual(['read', 'write', 'admin'])
    expect(oauth.authorisations.at(-1)?.loginHint).toBe('ada@example.test')
  })

  test('what the person can correct is refused before anything starts', async () => {
    const { vault, connect } = await startWithProvider()
    await expect(connect({ providerId: 'prv_none' })).rejects.toMatchObject({ code: 'provider_not_found' })
    await expect(connect({ connectionId: 'con_none' })).rejects.toMatchObject({
      code: 'connection_not_found',
    })
    await expect(connect({ kind: 'refresh_token' })).rejects.toMatchObject({ code: 'invalid_request' })
    vault.lock()
    await expect(connect()).rejects.toMatchObject({ code: 'vault_locked' })
  })

  test('a provider that cannot be spoken to is a failed flow with the reason', async () => {
    const { connect, oauth } = await startWithProvider()
    oauth.authorize = () => Promise.reject(new KeywayError('discovery_failed'))
    expect(await connect()).toMatchObject({ kind: 'failed', failure: { code: 'discovery_failed' } })
  })
})

describe('the redirect method', () => {
  test('a provider that takes any port gets a free one, open until the sign-in ends', async () => {
    const { keyway, connect } = await startWithProvider({}, { redirect: 'any-port', redirectHost: '[::1]' })
    const asked: string[] = []
    const closed: number[] = []
    keyway.setLoopbackListenerFactory(async (host) => {
      const port = 50_000 + asked.push(host)
      return { port, close: () => void closed.push(port) }
    })
    const flow = waiting(await connect({ account: 'work' }))
    expect(flow.redirectUri).toBe('http://[::1]:50001/oauth2/callback')
    const again = waiting(await keyway.ui['flows.openAgain']({ id: flow.id, browser: null }))
    expect(again.redirectUri).toBe('http://[::1]:50002/oauth2/callback')
    expect(closed).toEqual([50_001])
    keyway.flows.cancel(flow.id)
    expect(closed).toEqual([50_001, 50_002])
    expect(asked).toEqual(['[::1]', '[::1]'])
    expect(keyway.providers.find('acme')?.redirectUri).toBe('http://[::1]/oauth2/callback')
  })

  test('where no port can be opened, the one of the local server does', async () => {
    const { keyway, connect } = await startWithProvider({}, { redirect: 'any-port' })
    keyway.serverChanged({ url: 'http://127.0.0.1:4242', listening: true, failure: null, socketPath: null })
    expect(waiting(await connect()).redirectUri).toBe('http://127.0.0.1:4242/oauth2/callback')
    keyway.setLoopbackListenerFactory(() => Promise.reject(new KeywayError('internal_error')))
    expect(waiting(await connect()).redirectUri).toBe('http://127.0.0.1:4242/oauth2/callback')
  })

  test('a local server that does not listen is said before the person signs in', async () => {
    const { keyway, connect } = await startWithProvider()
    keyway.serverChanged({ url: 'http://127.0.0.1:7317', listening: false, failure: null, socketPath: null })
    expect(waiting(await connect()).warning).toMatch(/does not listen.*Paste the address/)
    expect(waiting(await connect({ redirect: 'paste' })).warning).toBeNull()
  })
})

describe('a provider that registers clients itself', () => {
  const spec = {
    endpoints: { authorization: 'https://p.example.test/a', token: 'https://p.example.test/t' },
    client: { dynamicRegistration: true },
  }

  test('is asked for one at the first sign-in, and the client is kept, its secret sealed', async () => {
    const { keyway, provider, connect, oauth, stores } = await startWithProvider(
      {},
      { clientId: '', clientSecret: '', spec },
    )
    let asked = 0
    oauth.register = async (_provider, { redirectUris }) => {
      asked += 1
      expect(redirectUris).toEqual(['http://127.0.0.1:7317/oauth2/callback'])
      return {
        clientId: 'made-up-registered',
        clientSecret: new Secret('made-up-registered-secret'),
        auth: 'client_secret_post',
        registration: new Secret('made-up-registration-token'),
        clientKeys: null,
      }
    }
    waiting(await connect())
    waiting(await connect())
    expect(asked).toBe(1)
    expect(keyway.providers.find('acme')).toMatchObject({
      clientId: 'made-up-registered',
      hasClientSecret: true,
    })
    expect(keyway.providers.resolve(provider.id).clientSecret?.reveal()).toBe('made-up-registered-secret')
    expect(keyway.providers.resolve(provider.id).spec.client.auth).toBe('client_secret_post')
    expect(JSON.stringify(stores.providers.entries())).not.toMatch(/registered-secret|registration-token/)
  })

  test('one that refuses is a failed flow with the reason, and nothing is kept', async () => {
    const { keyway, connect, oauth } = await startWithProvider({}, { clientId: '', clientSecret: '', spec })
    oauth.register = () => Promise.reject(new KeywayError('provider_error', { message: 'no more clients' }))
    expect(await connect()).toMatchObject({
      kind: 'failed',
      failure: { code: 'provider_error', message: 'no more clients' },
    })
    expect(keyway.providers.find('acme')?.clientId).toBe('')
  })
})

describe('several sign-ins at once', () => {
  test('the state selects the sign-in; responses may come in any order', async () => {
    const { keyway, server, connect } = await startWithProvider()
    const work = waiting(await connect({ account: 'work' }))
    const home = waiting(await connect({ account: 'home' }))
    server.account = { id: 'u-home', label: 'home@example.test' }
    const second = await keyway.flows.callback(answerTo(home, server.authorise(['read'])))
    server.account = { id: 'u-work', label: 'work@example.test' }
    const first = await keyway.flows.callback(answerTo(work, server.authorise(['read'])))
    expect(first.flow).toMatchObject({ kind: 'done', account: 'work', identityLabel: 'work@example.test' })
    expect(second.flow).toMatchObject({ kind: 'done', account: 'home', identityLabel: 'home@example.test' })
  })

  test('one per connection: a new attempt cancels the previous one, whose response is then rejected', async () => {
    const { keyway, server, providerId, connectionId } = await startConnected()
    const again = (): Promise<Flow> => keyway.connections.connect(aConnect({ providerId, connectionId }))
    const first = waiting(await again())
    const second = waiting(await again())
    expect(second.authorizationUrl).not.toBe(first.authorizationUrl)
    expect(keyway.flows.get(first.id)?.kind).toBe('cancelled')
    const late = await keyway.flows.callback(answerTo(first, server.authorise(['read'])))
    expect(late).toMatchObject({ flow: null, failure: { code: 'flow_cancelled' } })
    const good = await keyway.flows.callback(answerTo(second, server.authorise(['read', 'write'])))
    expect(good.flow?.kind).toBe('done')
  })
})

describe('an invalid authorization response', () => {
  test('foreign, missing and doubled state', async () => {
    const { keyway } = await startWithProvider()
    const codeOf = async (query: string): Promise<string | undefined> =>
      (await keyway.flows.callback(new URLSearchParams(query))).failure?.code
    expect(await codeOf('code=x&state=foreign')).toBe('state_mismatch')
    expect(await codeOf('code=x')).toBe('state_mismatch')
    expect(await codeOf('')).toBe('state_mismatch')
    expect(await codeOf('code=x&state=a&state=b')).toBe('invalid_request')
  })

  test('the same response twice, also during the exchange of the first', async () => {
    const { keyway, server, connect, clock } = await startWithProvider()
    const flow = waiting(await connect())
    const answer = answerTo(flow, server.authorise(['read', 'write']))
    const [first, second] = await Promise.all([keyway.flows.callback(answer), keyway.flows.callback(answer)])
    expect(first.flow?.kind).toBe('done')
    expect(second).toEqual(first)
    expect(await keyway.flows.callback(answer)).toEqual(first)
    const other = answerTo(flow, server.authorise(['read', 'write']))
    expect((await keyway.flows.callback(other)).failure?.code).toBe('callback_replayed')
    clock.advance(11 * 60_000)
    expect((await keyway.flows.callback(answer)).failure?.code).toBe('callback_replayed')
    expect(server.counts.exchanges).toBe(1)
    expect(keyway.connections.list()).toHaveLength(1)
  })

  test('denied, refused and unreachable are failed flows with a sentence and a next step', async () => {
    const cases = [
      { query: { error: 'access_denied' }, code: 'access_denied' },
      { query: { error: 'server_error' }, code: 'provider_error' },
      { query: { code: 'made-up-wrong-code' }, code: 'provider_error' },
    ]
    for (const { query, code } of cases) {
      const { keyway, connect } = await startWithProvider()
      const flow = waiting(await connect())
      const { state } = Object.fromEntries(answerTo(flow, ''))
      const result = await keyway.flows.callback(new URLSearchParams({ ...query, state: state ?? '' }))
      expect(result).toMatchObject({ flow: { kind: 'failed' }, failure: { code } })
      expect(result.failure?.message).not.toBe('')
      expect(result.failure?.nextStep).not.toBe('')
      expect(keyway.connections.list()).toEqual([])
    }
  })

  test('too late', async () => {
    const { keyway, server, connect, clock } = await startWithProvider()
    const flow = waiting(await connect())
    clock.advance(10 * MINUTE_MS)
    expect(keyway.flows.get(flow.id)).toMatchObject({ kind: 'failed', failure: { code: 'flow_expired' } })
    expect((await keyway.flows.callback(answerTo(flow, server.authorise([])))).failure?.code).toBe(
      'flow_expired',
    )
  })

  test('too late also when the machine slept through the expiry', async () => {
    const { keyway, server, connect, clock } = await startWithProvider()
    const flow = waiting(await connect())
    clock.jumpTo(clock.now() + 11 * MINUTE_MS)
    expect((await keyway.flows.callback(answerTo(flow, server.authorise([])))).failure?.code).toBe(
      'flow_expired',
    )
  })

  test('a provider that never responds does not block the page', async () => {
    const { keyway, connect, oauth, clock } = await startWithProvider()
    const flow = waiting(await connect())
    oauth.script = () => new Promise(() => undefined)
    const pending = keyway.flows.callback(answerTo(flow, 'made-up-code'))
    await settle()
    clock.advance(30_000)
    expect(await pending).toMatchObject({ failure: { code: 'deadline_exceeded' } })
  })

  test('a code request that never left is sent once more', async () => {
    const { keyway, server, connect, oauth } = await startWithProvider()
    const flow = waiting(await connect())
    let asked = 0
    oauth.script = () => {
      asked += 1
      return asked === 1
        ? { kind: 'retry', code: 'ECONNRESET', message: 'reset', retryAfterMs: null, sent: false }
        : undefined
    }
    expect((await keyway.flows.callback(answerTo(flow, server.authorise(['read'])))).flow?.kind).toBe('done')
  })
})

describe('finishing by hand', () => {
  test('takes the final address, its query, or just the code', async () => {
    for (const shape of ['address', 'query', 'code'] as const) {
      const { keyway, server, connect } = await startWithProvider()
      const flow = waiting(await connect({ redirect: 'paste' }))
      const answer = answerTo(flow, server.authorise(['read', 'write']))
      const text = {
        address: `http://127.0.0.1:7317/oauth2/callback?${answer.toString()}`,
        query: `?${answer.toString()}`,
        code: ` ${answer.get('code') ?? ''}\n`,
      }[shape]
      expect((await keyway.flows.paste(flow.id, text)).kind).toBe('done')
    }
  })

  test('nonsense or another sign-in’s address is refused, and the flow still waits', async () => {
    const { keyway, server, connect } = await startWithProvider()
    const flow = waiting(await connect({ account: 'a' }))
    const other = waiting(await connect({ account: 'b' }))
    await expect(keyway.flows.paste(flow.id, 'this is no code')).rejects.toMatchObject({
      code: 'invalid_request',
    })
    const foreign = `http://127.0.0.1:7317/oauth2/callback?${answerTo(other, 'x').toString()}`
    await expect(keyway.flows.paste(flow.id, foreign)).rejects.toMatchObject({ code: 'state_mismatch' })
    expect(keyway.flows.get(flow.id)?.kind).toBe('waiting_for_browser')
    expect(keyway.flows.get(other.id)?.kind).toBe('waiting_for_browser')
    expect((await keyway.flows.paste(flow.id, server.authorise(['read']))).kind).toBe('done')
  })

  test('opening again creates a fresh URL, and only its response counts', async () => {
    const { keyway, server, connect, opened } = await startWithProvider()
    const flow = waiting(await connect())
    const again = waiting(await keyway.ui['flows.openAgain']({ id: flow.id, browser: null }))
    expect(again.id).toBe(flow.id)
    expect(again.authorizationUrl).not.toBe(flow.authorizationUrl)
    expect(opened).toHaveLength(2)
    expect((await keyway.flows.callback(answerTo(flow, 'x'))).failure?.code).toBe('callback_replayed')
    expect((await keyway.flows.callback(answerTo(again, server.authorise(['read'])))).flow?.kind).toBe('done')
  })
})

describe('another browser', () => {
  test('opens the sign-in, is kept with the connection, and opens its next one', async () => {
    const opened: Array<string | null> = []
    const browser = {
      open: async (_url: string, browserId: string | null) => {
        opened.push(browserId)
        return { opened: true as const }
      },
      installed: async () => [{ id: 'fox', name: 'Fox' }],
    }
    const { keyway, server, connect } = await startWithProvider({ browser })
    expect(await keyway.ui['browsers.list'](undefined)).toEqual([{ id: 'fox', name: 'Fox' }])
    const flow = waiting(await connect())
    const again = waiting(await keyway.ui['flows.openAgain']({ id: flow.id, browser: 'fox' }))
    const { flow: done } = await keyway.flows.callback(answerTo(again, server.authorise(['read'])))
    if (done?.kind !== 'done') throw new Error('the sign-in did not end')
    expect(keyway.connections.list()[0]?.browser).toBe('fox')
    await connect({ connectionId: done.connectionId })
    expect(opened).toEqual([null, 'fox', 'fox'])
  })
})

describe('ending and keeping in sight', () => {
  test('cancelled by the person; shown until it is dismissed', async () => {
    const { keyway, connect } = await startWithProvider()
    const flow = await connect()
    expect(keyway.flows.cancel(flow.id).kind).toBe('cancelled')
    expect(keyway.flows.list().map(({ kind }) => kind)).toEqual(['cancelled'])
    await keyway.ui['flows.dismiss']({ id: flow.id })
    expect(keyway.flows.list()).toEqual([])
    expect(() => keyway.flows.cancel(flow.id)).toThrow(expect.objectContaining({ code: 'flow_not_found' }))
  })

  test('the list of finished ones stays short, and pending ones are never pushed out', async () => {
    const { keyway, connect } = await startWithProvider()
    const pending = await connect({ account: 'pending' })
    for (let n = 0; n < 50; n += 1) keyway.flows.cancel((await connect({ account: `a${n}` })).id)
    expect(keyway.flows.list()).toHaveLength(21)
    expect(keyway.flows.get(pending.id)?.kind).toBe('waiting_for_browser')
  })

  test('every step is announced', async () => {
    const { keyway, server, connect, clock } = await startWithProvider()
    const kinds: string[] = []
    keyway.on('flows', (flows) => kinds.push(flows.at(-1)?.kind ?? 'none'))
    const flow = waiting(await connect())
    await keyway.flows.callback(answerTo(flow, server.authorise(['read'])))
    clock.advance(200)
    expect(kinds.at(-1)).toBe('done')
  })
})

describe('the same account or another', () => {
  async function reconnect(started: Awaited<ReturnType<typeof startConnected>>) {
    const { keyway, server, providerId, connectionId } = started
    const flow = waiting(await keyway.connections.connect(aConnect({ providerId, connectionId })))
    const { flow: after } = await keyway.flows.callback(answerTo(flow, server.authorise(['read', 'write'])))
    if (after === null) throw new Error('no flow')
    return after
  }

  test('a reconnect keeps id, label, default and history, and brings the connection back to life', async () => {
    const started = await startConnected()
    const { keyway, server, connectionId, clock } = started
    await keyway.connections.setDefault(connectionId)
    server.endAllGrants()
    clock.advance(3600_000)
    await settle()
    expect(keyway.connections.get(connectionId)?.lastOutcome.status).toBe('reconnect_needed')
    expect(await reconnect(started)).toMatchObject({ kind: 'done', connectionId })
    const after = keyway.connections.get(connectionId)
    expect(after).toMatchObject({ account: 'work', isDefault: true, lastOutcome: { status: 'ok' } })
    expect(after?.life.map(({ kind }) => kind)).toEqual(['connected', 'failed', 'reconnected'])
    expect((await keyway.tokens.get(connectionId, {})).kind).toBe('ok')
  })

  test('the previous authorization is revoked at the provider when the new one is stored', async () => {
    const started = await startConnected()
    const { keyway, server, connectionId, oauth, vault } = started
    const before = openTokens(secretBoxOf(vault), keyway.connections.record(connectionId)!)
    await reconnect(started)
    await settle()
    expect(oauth.revoked).toEqual([before.refreshToken?.reveal()])
    expect(server.isAlive(before.accessToken.reveal())).toBe(false)
    const after = await keyway.tokens.get(connectionId, {})
    expect(after.kind === 'ok' && server.isAlive(after.token.accessToken.reveal())).toBe(true)
    expect(started.activity.at(-1)).toMatchObject({
      kind: 'connect',
      note: expect.stringContaining('before'),
    })
  })

  test.each([
    ['an OpenID provider, whose grants hang on a session', { scopes: ['openid', 'read'] }],
    [
      'a provider that ends all with one revocation',
      { spec: { endpoints: aProvider().spec.endpoints, revocation: { revokesAll: true } } },
    ],
  ])('the grant before is left alone at %s', async (_name, provider) => {
    const started = await startConnected({ provider })
    await reconnect(started)
    await settle()
    expect(started.server.counts.revocations).toBe(0)
  })

  test('another account is put to the person first, and nothing is replaced before', async () => {
    const started = await startConnected()
    const { keyway, server, connectionId } = started
    const before = keyway.connections.record(connectionId)
    server.account = { id: 'u-2', label: 'bob@example.test' }
    const asked = await reconnect(started)
    expect(asked).toMatchObject({
      kind: 'confirming_account',
      was: 'ada@example.test',
      is: 'bob@example.test',
    })
    expect(keyway.connections.record(connectionId)).toBe(before)

    const replaced = await keyway.ui['flows.confirmAccount']({ id: asked.id, answer: 'replace' })
    expect(replaced).toMatchObject({ kind: 'done', connectionId, identityLabel: 'bob@example.test' })
    await settle()
    // The connection no longer belongs to the replaced account.
    expect(server.counts.revocations).toBe(1)
    expect((await keyway.tokens.get(connectionId, {})).kind).toBe('ok')
  })

  test('it may be kept as a further connection', async () => {
    const started = await startConnected()
    const { keyway, server, connectionId } = started
    server.account = { id: 'u-2', label: 'bob@example.test' }
    const asked = await reconnect(started)
    const added = await keyway.ui['flows.confirmAccount']({ id: asked.id, answer: 'add' })
    expect(added).toMatchObject({ kind: 'done', account: 'bob@example.test' })
    expect(keyway.connections.list().map(({ account }) => account)).toEqual(['work', 'bob@example.test'])
    expect(keyway.connections.get(connectionId)?.identity.id).toBe('u-1')
    expect(server.counts.revocations).toBe(0)
  })

  test('or dropped, which gives the new tokens back', async () => {
    const started = await startConnected()
    const { keyway, server, connectionId } = started
    server.account = { id: 'u-2', label: 'bob@example.test' }
    const asked = await reconnect(started)
    expect((await keyway.ui['flows.confirmAccount']({ id: asked.id, answer: 'discard' })).kind).toBe(
      'cancelled',
    )
    expect(server.counts.revocations).toBe(1)
    expect((await keyway.tokens.get(connectionId, {})).kind).toBe('ok')
  })

  test('without a decision the tokens are revoked and the connection is unchanged', async () => {
    const started = await startConnected()
    const { server, clock, keyway, connectionId } = started
    server.account = { id: 'u-2', label: 'bob@example.test' }
    const asked = await reconnect(started)
    clock.advance(10 * MINUTE_MS)
    await settle()
    expect(keyway.flows.get(asked.id)).toMatchObject({ kind: 'failed', failure: { code: 'flow_expired' } })
    expect(server.counts.revocations).toBe(1)
    expect(keyway.connections.get(connectionId)?.identity.id).toBe('u-1')
  })

  test('a discarded sign-in of the same account revokes nothing: many providers would revoke the valid authorization too', async () => {
    const { keyway, server, providerId, connectionId, oauth } = await startConnected()
    const flow = waiting(await keyway.connections.connect(aConnect({ providerId, connectionId })))
    oauth.loss = (outcome) => {
      keyway.flows.cancel(flow.id)
      return outcome
    }
    await keyway.flows.callback(answerTo(flow, server.authorise(['read'])))
    await settle()
    expect(keyway.flows.get(flow.id)?.kind).toBe('cancelled')
    expect(server.counts.revocations).toBe(0)
    expect(keyway.connections.record(connectionId)?.generation).toBe(1)
  })

  test('a new sign-in with a connected account updates that connection', async () => {
    const started = await startConnected()
    const again = await signIn(started, { providerId: started.providerId })
    expect(again).toMatchObject({ kind: 'done', connectionId: started.connectionId, account: 'work' })
    expect(started.keyway.connections.list()).toHaveLength(1)
  })

  test('no new refresh token means that the old one of the same account goes on', async () => {
    const started = await startConnected()
    const { server, keyway, connectionId, clock } = started
    server.rotates = false
    server.issuesRefreshToken = false
    await reconnect(started)
    clock.advance(3600_000)
    await settle()
    expect((await keyway.tokens.get(connectionId, {})).kind).toBe('ok')
  })

  test('more scopes through a new consent: same connection, what was granted is shown apart from what was asked', async () => {
    const started = await startConnected()
    const { keyway, server, providerId, connectionId } = started
    const flow = waiting(
      await keyway.connections.connect(aConnect({ providerId, connectionId, addScopes: ['admin', 'audit'] })),
    )
    const { flow: after } = await keyway.flows.callback(
      answerTo(flow, server.authorise(['read', 'write', 'admin'])),
    )
    expect(after).toMatchObject({ kind: 'done', connectionId, missingScopes: ['audit'] })
    expect(keyway.connections.get(connectionId)).toMatchObject({
      requestedScopes: ['read', 'write', 'admin', 'audit'],
      grantedScopes: ['read', 'write', 'admin'],
      missingScopes: ['audit'],
    })
  })
})

describe('other ways to connect', () => {
  test('client credentials, refreshed without a refresh token', async () => {
    const { keyway, connect, server, clock } = await startWithProvider({}, { flow: 'client_credentials' })
    server.rotates = false
    const flow = await connect({ account: 'robot' })
    expect(flow).toMatchObject({ kind: 'done', warning: null })
    if (flow.kind !== 'done') return
    clock.advance(3600_000)
    await settle()
    const result = await keyway.tokens.get(flow.connectionId, {})
    if (result.kind !== 'ok') throw result.failure
    expect(server.isAlive(result.token.accessToken.reveal())).toBe(true)
  })

  test('a pasted refresh token is proved by one refresh; what rotated is what is stored', async () => {
    const { keyway, connect, server, clock } = await startWithProvider()
    const granted = server.exchange(server.authorise(['read']))
    if ('error' in granted) throw new Error(granted.error)
    const flow = await connect({ kind: 'refresh_token', token: granted.refreshToken ?? '' })
    expect(flow.kind).toBe('done')
    if (flow.kind !== 'done') return
    expect(server.counts.rotations).toBe(1)
    clock.advance(3600_000)
    await settle()
    expect((await keyway.tokens.get(flow.connectionId, {})).kind).toBe('ok')
    expect(server.counts.reuses).toBe(0)
  })

  test('a refresh token that does not work is refused and nothing is stored', async () => {
    const { keyway, connect } = await startWithProvider()
    const flow = await connect({ kind: 'refresh_token', token: 'made-up-nonsense' })
    expect(flow).toMatchObject({
      kind: 'failed',
      failure: { code: 'provider_error', providerCode: 'invalid_grant' },
    })
    expect(keyway.connections.list()).toEqual([])
  })

  test('a pasted access token is used as it is, and never remembered in the flow', async () => {
    const { keyway, connect } = await startWithProvider()
    const flow = await connect({ kind: 'access_token', token: 'made-up-pasted-token', account: 'pasted' })
    if (flow.kind !== 'done') throw new Error(flow.kind)
    const result = await keyway.tokens.get(flow.connectionId, {})
    if (result.kind !== 'ok') throw result.failure
    expect(result.token.accessToken.reveal()).toBe('made-up-pasted-token')
    expect(JSON.stringify(keyway.flows.list())).not.toContain('made-up-pasted-token')
  })

  test('a device code is shown at once and finishes by itself', async () => {
    const { keyway, connect, oauth, server, clock } = await startWithProvider({}, { flow: 'device_code' })
    const flow = await connect({ account: 'tv' })
    expect(flow).toMatchObject({ kind: 'showing_code', userCode: 'ABCD-EFGH' })
    clock.advance(5000)
    await settle()
    expect(keyway.flows.get(flow.id)?.kind).toBe('showing_code')
    oauth.device.code = server.authorise(['read', 'write'])
    clock.advance(5000)
    await settle()
    expect(keyway.flows.get(flow.id)).toMatchObject({ kind: 'done', account: 'tv' })
  })

  test('a device code that is denied, cancelled or not used in time ends', async () => {
    const denied = await startWithProvider({}, { flow: 'device_code' })
    const first = await denied.connect()
    denied.oauth.device.denied = true
    denied.clock.advance(5000)
    await settle()
    expect(denied.keyway.flows.get(first.id)).toMatchObject({
      kind: 'failed',
      failure: { code: 'access_denied' },
    })

    const slow = await startWithProvider({}, { flow: 'device_code' })
    const second = await slow.connect()
    slow.clock.advance(300_000)
    await settle()
    expect(slow.keyway.flows.get(second.id)).toMatchObject({
      kind: 'failed',
      failure: { code: 'flow_expired' },
    })
    const third = await slow.connect()
    slow.keyway.flows.cancel(third.id)
    slow.oauth.device.code = slow.server.authorise([])
    slow.clock.advance(10_000)
    await settle()
    expect(slow.keyway.flows.get(third.id)?.kind).toBe('cancelled')
    expect(slow.keyway.connections.list()).toEqual([])
  })
})

describe('a choice of resources', () => {
  const spec = {
    endpoints: { authorization: 'https://p.example.test/a', token: 'https://p.example.test/t' },
    account: {
      resource: {
        url: 'https://p.example.test/sites',
        itemsPath: '$',
        idPath: 'id',
        labelPath: 'name',
        bindAs: 'siteId',
      },
    },
    api: { baseUrl: 'https://api.example.test/{resource.siteId}' },
  }
  const sites = [
    { id: 's1', label: 'One', url: null },
    { id: 's2', label: 'Two', url: null },
  ]

  test('one is taken without asking', async () => {
    const started = await startWithProvider({}, { spec })
    started.oauth.resources = sites.slice(0, 1)
    const flow = await signIn(started, { providerId: started.provider.id })
    if (flow.kind !== 'done') throw new Error(flow.kind)
    expect(started.keyway.connections.get(flow.connectionId)?.apiBaseUrl).toBe('https://api.example.test/s1')
  })

  test('of several the person chooses, and the choice is kept at the next sign-in', async () => {
    const started = await startWithProvider({}, { spec })
    const { keyway, provider, oauth } = started
    oauth.resources = sites
    const asked = await signIn(started, { providerId: provider.id })
    expect(asked).toMatchObject({ kind: 'choosing_resource', options: [{ id: 's1' }, { id: 's2' }] })
    await expect(keyway.ui['flows.chooseResource']({ id: asked.id, resourceId: 's3' })).rejects.toMatchObject(
      {
        code: 'invalid_request',
      },
    )
    const done = await keyway.ui['flows.chooseResource']({ id: asked.id, resourceId: 's2' })
    if (done.kind !== 'done') throw new Error(done.kind)
    expect(keyway.connections.get(done.connectionId)?.apiBaseUrl).toBe('https://api.example.test/s2')
    const again = await signIn(started, { providerId: provider.id, connectionId: done.connectionId })
    expect(again.kind).toBe('done')
  })
})

describe('warnings after signing in', () => {
  test('no refresh token: when it stops working, and what would help', async () => {
    const started = await startWithProvider(
      {},
      {
        spec: {
          endpoints: { authorization: 'https://p.example.test/a', token: 'https://p.example.test/t' },
          refresh: { needsScope: 'offline_access' },
        },
      },
    )
    started.server.issuesRefreshToken = false
    const flow = await signIn(started, { providerId: started.provider.id })
    expect(flow).toMatchObject({ kind: 'done' })
    expect(flow.kind === 'done' ? flow.warning : null).toMatch(
      /stops working at 2026-11-21T13:00.*offline_access/,
    )
  })
})
