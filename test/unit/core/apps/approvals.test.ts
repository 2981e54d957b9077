import { hash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { pairInput } from '../../../../shared/contract/app.ts'
import { may } from '../../../../shared/domain/app-policy.ts'
import { anApp, aProvider } from '../../../support/builders.ts'
import { settle } from '../../../support/settle.ts'
import { PASSPHRASE, startConnected } from '../../../support/start-keyway.ts'

async function start() {
  const started = await startConnected()
  const { keyway, connectionId } = started
  const { app, key } = keyway.apps.create(
    anApp({ name: 'Agent', grants: [{ target: { kind: 'all' }, token: true, approval: 'ask' }] }),
  )
  const ask = (
    more: {
      method?: string
      url?: string
      what?: 'token' | 'proxy'
      body?: string | null
      signal?: AbortSignal
    } = {},
  ) =>
    keyway.approvals.requestUse({
      app: keyway.apps.authenticate(key)!.app,
      connection: keyway.connections.record(connectionId)!,
      what: more.what ?? 'proxy',
      method: more.what === 'token' ? null : (more.method ?? 'GET'),
      url: more.what === 'token' ? null : (more.url ?? 'https://api.example.test/v1/items'),
      // Null: the body is not held.
      bodyBytes: more.body === null ? null : (more.body ?? '').length,
      bodySha256: more.body === null || more.body === undefined ? null : hash('sha256', more.body, 'hex'),
      ...(more.signal === undefined ? {} : { signal: more.signal }),
    })
  return { ...started, app, key, ask }
}

describe('a question about a use', () => {
  test('shows who wants what with which account, and takes yes or no', async () => {
    const { keyway, ask, connectionId, app } = await start()
    const yes = ask()
    expect(keyway.approvals.list()).toMatchObject([
      {
        kind: 'use',
        appId: app.id,
        appName: 'Agent',
        connectionId,
        account: 'work',
        providerName: 'Acme',
        what: 'proxy',
        method: 'GET',
        url: 'https://api.example.test/v1/items',
        waiting: 1,
      },
    ])
    keyway.approvals.decide(keyway.approvals.list()[0]!.id, 'once')
    expect(await yes).toBe('allowed')
    const no = ask()
    keyway.approvals.decide(keyway.approvals.list()[0]!.id, 'deny')
    expect(await no).toBe('denied')
    expect(keyway.approvals.list()).toEqual([])
  })

  test('no answer within one minute denies the request', async () => {
    const { keyway, ask, clock } = await start()
    const pending = ask()
    const { expiresAt, id } = keyway.approvals.list()[0]!
    expect(expiresAt - clock.now()).toBe(60_000)
    clock.advance(60_000)
    expect(await pending).toBe('timed_out')
    expect(() => keyway.approvals.decide(id, 'once')).toThrow(expect.objectContaining({ code: 'not_found' }))
  })

  test('identical calls are shown as one, and each “once” lets the oldest of them through', async () => {
    const { keyway, ask } = await start()
    const through: number[] = []
    const same = Array.from({ length: 20 }, async (_, n) => {
      if ((await ask()) === 'allowed') through.push(n)
    })
    const [first] = keyway.approvals.list()
    expect(first!.waiting).toBe(20)
    keyway.approvals.decide(first!.id, 'once')
    await settle()
    expect(through).toEqual([0])
    // A second identical answer is for a request that no longer exists, not for the next call.
    expect(() => keyway.approvals.decide(first!.id, 'once')).toThrow(
      expect.objectContaining({ code: 'not_found' }),
    )
    const [next] = keyway.approvals.list()
    expect(next).toMatchObject({ waiting: 19 })
    keyway.approvals.decide(next!.id, 'once')
    await settle()
    expect(through).toEqual([0, 1])
    // A denial applies to all calls that were shown as one.
    keyway.approvals.decide(keyway.approvals.list()[0]!.id, 'deny')
    await Promise.all(same)
    expect(through).toEqual([0, 1])
  })

  test('whatever decides the effect makes another question: method, host, path, query, body; and a body that is not held is like no other', async () => {
    const { keyway, ask } = await start()
    const url = 'https://api.example.test/v1/items'
    const calls = [
      {},
      { method: 'DELETE' },
      { url: 'https://api.example.test:8443/v1/items' },
      { url: 'https://api.example.test/v1/other' },
      { url: `${url}?to=ada` },
      { url: `${url}?to=mallory` },
      { body: 'a' },
      { body: 'b' },
      { body: 'aa' },
      { body: null },
      { body: null },
      { what: 'token' as const },
    ]
    for (const call of calls) void ask(call)
    expect(keyway.approvals.list().map(({ waiting }) => waiting)).toEqual(calls.map(() => 1))
  })

  test('once is once', async () => {
    const { keyway, ask } = await start()
    const first = ask()
    keyway.approvals.decide(keyway.approvals.list()[0]!.id, 'once')
    await first
    void ask()
    expect(keyway.approvals.list()).toHaveLength(1)
  })

  test('ten minutes covers this method at this host, what else waits about it, and then ends', async () => {
    const { keyway, ask, clock } = await start()
    const first = ask()
    const second = ask({ url: 'https://api.example.test/v1/other' })
    const foreign = ask({ method: 'DELETE' })
    const body = ask({ body: 'x' })
    keyway.approvals.decide(keyway.approvals.list()[0]!.id, 'ten_minutes')
    expect(await Promise.all([first, second, body])).toEqual(['remembered', 'remembered', 'remembered'])
    expect(keyway.approvals.list()).toHaveLength(1)
    keyway.approvals.decide(keyway.approvals.list()[0]!.id, 'deny')
    expect(await foreign).toBe('denied')
    expect(await ask({ url: 'https://api.example.test/v1/third' })).toBe('remembered')
    clock.advance(4 * 60_000)
    // Current approvals are shown with their end.
    const standing = keyway.apps.list().flatMap(({ remembered }) => remembered)
    expect(standing).toMatchObject([
      { what: 'proxy', method: 'GET', host: 'api.example.test', until: clock.now() + 6 * 60_000 },
    ])
    clock.advance(6 * 60_000)
    expect(keyway.apps.list().flatMap(({ remembered }) => remembered)).toEqual([])
    void ask()
    expect(keyway.approvals.list()).toHaveLength(1)
  })

  test('"always" becomes a permission that the person sees, no wider than the request', async () => {
    const { keyway, ask, key, connectionId } = await start()
    const first = ask()
    keyway.approvals.decide(keyway.approvals.list()[0]!.id, 'always')
    expect(await first).toBe('allowed')
    await settle()
    const { app } = keyway.apps.authenticate(key)!
    expect(app.grants[0]).toMatchObject({
      target: { kind: 'connection', connectionId },
      methods: ['GET'],
      hosts: ['api.example.test'],
      paths: ['/v1/items'],
      token: false,
      proxy: true,
      approval: 'allow',
    })
    const record = keyway.connections.record(connectionId)!
    const kind = (method: string, path: string, host = 'api.example.test'): string =>
      may(app, { what: 'proxy', method, host, path }, record, 0).kind
    expect(kind('GET', '/v1/items')).toBe('allow')
    expect(kind('DELETE', '/v1/items')).toBe('ask')
    expect(kind('GET', '/v1/items/1')).toBe('ask')
    expect(kind('GET', '/v1')).toBe('ask')
    expect(kind('GET', '/v1/items', 'other.example.test')).toBe('ask')
    expect(may(app, { what: 'token' }, record, 0).kind).toBe('ask')
  })

  test('always releases what else waits only where the new permission covers it', async () => {
    const { keyway, ask } = await start()
    const first = ask()
    const query = ask({ url: 'https://api.example.test/v1/items?page=2' })
    const body = ask({ body: 'x' })
    const path = ask({ url: 'https://api.example.test/v1/items/7' })
    const method = ask({ method: 'DELETE' })
    keyway.approvals.decide(keyway.approvals.list()[0]!.id, 'always')
    expect(await Promise.all([first, query, body])).toEqual(['allowed', 'allowed', 'allowed'])
    expect(keyway.approvals.list()).toMatchObject([
      { url: 'https://api.example.test/v1/items/7' },
      { method: 'DELETE' },
    ])
    for (const { id } of keyway.approvals.list()) keyway.approvals.decide(id, 'deny')
    expect(await Promise.all([path, method])).toEqual(['denied', 'denied'])
  })

  test('always with a star in the path means that star', async () => {
    const { keyway, ask, key, connectionId } = await start()
    for (const path of ['/v1/*', '/**', '/v1/a*b/c']) {
      const asked = ask({ url: `https://api.example.test${path}` })
      keyway.approvals.decide(keyway.approvals.list()[0]!.id, 'always')
      expect(await asked).toBe('allowed')
      const { app } = keyway.apps.authenticate(key)!
      const kind = (candidate: string): string =>
        may(
          app,
          { what: 'proxy', method: 'GET', host: 'api.example.test', path: candidate },
          keyway.connections.record(connectionId)!,
          0,
        ).kind
      expect(kind(path)).toBe('allow')
      for (const other of ['/v1/x', '/x', '/v1/aXb/c', '/v1/ab/c', '/v1/x/y']) expect(kind(other)).toBe('ask')
    }
  })

  test('always that no permission can say is refused in words, and the question stays', async () => {
    const { keyway, ask, app } = await start()
    const twoWays = ask({ url: 'https://api.example.test/v1/a%2Fb' })
    const decide = (decision: 'once' | 'always') =>
      keyway.approvals.decide(keyway.approvals.list()[0]!.id, decision)
    const refused = expect.objectContaining({
      code: 'invalid_request',
      details: { field: 'decision', allowed: ['once', 'ten_minutes', 'deny'] },
    })
    expect(() => decide('always')).toThrow(refused)
    expect(keyway.approvals.list()).toHaveLength(1)
    decide('once')
    expect(await twoWays).toBe('allowed')

    const odd = ask({ method: 'PROPFIND' })
    expect(() => decide('always')).toThrow(refused)
    decide('once')
    expect(await odd).toBe('allowed')

    // A hundred and first permission would replace one of the person's.
    const [asking] = app.grants
    const grants = Array.from({ length: 100 }, () => asking!)
    keyway.apps.update(app.id, { grants })
    const full = ask()
    expect(() => decide('always')).toThrow(refused)
    decide('once')
    expect(await full).toBe('allowed')
    expect(keyway.apps.list()[0]!.grants).toEqual(grants)
  })

  test('while the vault is locked nobody is asked, what waits is answered at once, and the lock screen knows who', async () => {
    const { keyway, ask, app, vault } = await start()
    const waiting = ask()
    const pairing = keyway.approvals.requestPairing(pairInput.parse({ name: 'Helper' }), 'K7Q-X3M')
    await keyway.ui['vault.lock'](undefined)
    const locked = expect.objectContaining({ code: 'vault_locked', status: 423 })
    await expect(waiting).rejects.toEqual(locked)
    await expect(pairing).rejects.toEqual(locked)
    await expect(ask({ what: 'token' })).rejects.toEqual(locked)
    await expect(ask({ what: 'token' })).rejects.toEqual(locked)
    expect(keyway.approvals.list()).toEqual([])
    expect(keyway.snapshot().lockedAsks).toMatchObject([
      { appName: 'Agent', appId: app.id, what: 'token', providerName: 'Acme', account: 'work', count: 2 },
      { appName: 'Helper', appId: null, what: 'pair' },
      { appName: 'Agent', what: 'proxy', count: 1 },
    ])
    // Callers without a key cannot remove them from the list.
    for (let n = 0; n < 20; n += 1) {
      const flood = keyway.approvals.requestPairing(pairInput.parse({ name: `Flood ${n}` }), 'K7Q-X3M')
      await expect(flood).rejects.toEqual(locked)
    }
    expect(keyway.snapshot().lockedAsks.map(({ appName }) => appName)).toEqual(['Flood 19', 'Agent', 'Agent'])
    await vault.unlock(PASSPHRASE)
    expect(keyway.snapshot().lockedAsks).toEqual([])
    const again = ask()
    keyway.approvals.decide(keyway.approvals.list()[0]!.id, 'once')
    expect(await again).toBe('allowed')
  })

  test('goes away with the caller, and with the app', async () => {
    const { keyway, ask, app } = await start()
    const gone = new AbortController()
    const left = ask({ signal: gone.signal })
    gone.abort()
    expect(await left).toBe('denied')
    expect(keyway.approvals.list()).toEqual([])
    const other = ask()
    keyway.apps.remove(app.id)
    expect(await other).toBe('denied')
  })

  test('a flood of questions does not bury the window', async () => {
    const { keyway, ask } = await start()
    const asked = Array.from({ length: 60 }, (_, n) => ask({ url: `https://api.example.test/${n}` }))
    expect(keyway.approvals.list()).toHaveLength(25)
    await expect(asked[59]).rejects.toMatchObject({ code: 'rate_limited' })
    for (const { id } of keyway.approvals.list()) keyway.approvals.decide(id, 'deny')
    expect(await asked[24]).toBe('denied')
    await Promise.allSettled(asked)
    // Identical calls are shown as one, but their number is limited, since each may hold a body.
    const same = Array.from({ length: 120 }, () => ask())
    expect(keyway.approvals.list()).toMatchObject([{ waiting: 100 }])
    await expect(same[119]).rejects.toMatchObject({ code: 'rate_limited' })
    keyway.approvals.decide(keyway.approvals.list()[0]!.id, 'deny')
    await Promise.allSettled(same)
  })
})

describe('a program that asks to be paired', () => {
  const wants = pairInput.parse({
    name: 'Helper',
    grants: [
      { provider: 'acme', methods: ['GET'] },
      { provider: 'unknown', token: true },
    ],
    manage: true,
  })

  test('gets its key once the person said yes, with what it asked for as far as that exists', async () => {
    const { keyway, providerId } = await start()
    const pending = keyway.approvals.requestPairing(wants, '4711')
    expect(keyway.approvals.list()).toMatchObject([
      { kind: 'pair', appName: 'Helper', code: '4711', appId: null },
    ])
    keyway.approvals.decide(keyway.approvals.list()[0]!.id, 'always')
    const result = await pending
    if (typeof result === 'string') throw new Error(result)
    expect(result.app.grants).toMatchObject([
      { target: { kind: 'provider', providerId }, methods: ['GET'], token: false, proxy: true },
    ])
    expect(keyway.apps.authenticate(result.key)?.app.id).toBe(result.app.id)
  })

  test('is a question of its own, also with the name and code of another, and gets only what its own question showed', async () => {
    const { keyway } = await start()
    const small = { ...wants, grants: [], manage: false }
    const [first, second] = [
      keyway.approvals.requestPairing(small, '4711'),
      keyway.approvals.requestPairing(wants, '4711'),
    ]
    const questions = keyway.approvals.list()
    expect(questions.map(({ waiting }) => waiting)).toEqual([1, 1])
    keyway.approvals.decide(questions[0]!.id, 'always')
    expect(await first).toMatchObject({ app: { manage: false, grants: [] } })
    expect(keyway.apps.list().map(({ name }) => name)).toEqual(['Agent', 'Helper'])
    // The control: the other one is allowed after its approval.
    keyway.approvals.decide(questions[1]!.id, 'always')
    expect(await second).toMatchObject({ app: { name: 'Helper (2)', manage: true, grants: [{}] } })
  })

  test('cannot change what was shown after it was shown, whoever narrows it', async () => {
    for (const patch of [undefined, { name: 'My helper' }]) {
      const { keyway, providerId } = await start()
      const mine = pairInput.parse({ name: 'Helper', grants: [{ provider: 'acme', methods: ['GET'] }] })
      const pending = keyway.approvals.requestPairing(mine, '4711')
      mine.manage = true
      mine.grants[0]!.token = true
      mine.grants[0]!.methods = []
      mine.authProviders.push({ type: 'oauth2', provider: 'acme', scopes: ['all'] })
      keyway.approvals.decide(keyway.approvals.list()[0]!.id, 'always', patch)
      expect(await pending).toMatchObject({
        app: {
          manage: false,
          authProviders: [],
          grants: [{ target: { kind: 'provider', providerId }, token: false, methods: ['GET'] }],
        },
      })
    }
  })

  test('a provider that was not registered when it was shown gives nothing, also when it is registered meanwhile', async () => {
    const { keyway } = await start()
    const pending = keyway.approvals.requestPairing(wants, '4711')
    expect(keyway.approvals.list()).toMatchObject([
      {
        providers: [
          { provider: 'acme', registered: { name: 'Acme' } },
          { provider: 'unknown', registered: null },
        ],
      },
    ])
    await keyway.ui['providers.create'](aProvider({ slug: 'unknown', name: 'Late' }))
    keyway.approvals.decide(keyway.approvals.list()[0]!.id, 'always')
    expect(await pending).toMatchObject({ app: { grants: [{ methods: ['GET'] }] } })
    expect(keyway.apps.list().at(-1)!.grants).toHaveLength(1)
  })

  test('gets less when the person narrows it', async () => {
    const { keyway } = await start()
    const pending = keyway.approvals.requestPairing(wants, '4711')
    keyway.approvals.decide(keyway.approvals.list()[0]!.id, 'once', {
      name: 'My helper',
      grants: [],
      manage: false,
    })
    expect(await pending).toMatchObject({ app: { name: 'My helper', grants: [], manage: false } })
  })

  test('and nothing on a no or silence', async () => {
    const { keyway, clock } = await start()
    const denied = keyway.approvals.requestPairing(wants, '1')
    keyway.approvals.decide(keyway.approvals.list()[0]!.id, 'deny')
    expect(await denied).toBe('denied')
    const silent = keyway.approvals.requestPairing(wants, '2')
    clock.advance(60_000)
    expect(await silent).toBe('timed_out')
    expect(keyway.apps.list().map(({ name }) => name)).toEqual(['Agent'])
  })
})
