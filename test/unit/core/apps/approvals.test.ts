import { describe, expect, test } from 'vitest'
import { pairInput } from '../../../../shared/contract/app.ts'
import { may } from '../../../../shared/domain/app-policy.ts'
import { anApp } from '../../../support/builders.ts'
import { settle } from '../../../support/settle.ts'
import { startConnected } from '../../../support/start-keyway.ts'

async function start() {
  const started = await startConnected()
  const { keyway, connectionId } = started
  const { app, key } = keyway.apps.create(
    anApp({ name: 'Agent', grants: [{ target: { kind: 'all' }, token: true, approval: 'ask' }] }),
  )
  const ask = (
    more: { method?: string; url?: string; what?: 'token' | 'proxy'; signal?: AbortSignal } = {},
  ) =>
    keyway.approvals.askUse({
      app: keyway.apps.authenticate(key)!.app,
      connection: keyway.connections.record(connectionId)!,
      what: more.what ?? 'proxy',
      method: more.what === 'token' ? null : (more.method ?? 'GET'),
      url: more.what === 'token' ? null : (more.url ?? 'https://api.example.test/v1/items'),
      bodyBytes: null,
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

  test('no answer within a minute is a no', async () => {
    const { keyway, ask, clock } = await start()
    const pending = ask()
    const { expiresAt, id } = keyway.approvals.list()[0]!
    expect(expiresAt - clock.now()).toBe(60_000)
    clock.advance(60_000)
    expect(await pending).toBe('timed_out')
    expect(() => keyway.approvals.decide(id, 'once')).toThrow(expect.objectContaining({ code: 'not_found' }))
  })

  test('the same call many times is one question; another path, method or body of thought is another', async () => {
    const { keyway, ask } = await start()
    const same = Array.from({ length: 20 }, () => ask())
    void ask({ url: 'https://api.example.test/v1/other' })
    void ask({ method: 'DELETE' })
    expect(keyway.approvals.list().map(({ waiting }) => waiting)).toEqual([20, 1, 1])
    keyway.approvals.decide(keyway.approvals.list()[0]!.id, 'once')
    expect(new Set(await Promise.all(same))).toEqual(new Set(['allowed']))
    expect(keyway.approvals.list()).toHaveLength(2)
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
    keyway.approvals.decide(keyway.approvals.list()[0]!.id, 'ten_minutes')
    expect(await Promise.all([first, second])).toEqual(['allowed', 'allowed'])
    expect(keyway.approvals.list()).toHaveLength(1)
    keyway.approvals.decide(keyway.approvals.list()[0]!.id, 'deny')
    expect(await foreign).toBe('denied')
    expect(await ask({ url: 'https://api.example.test/v1/third' })).toBe('allowed')
    clock.advance(4 * 60_000)
    // What still stands is shown, with its end.
    const standing = keyway.apps.list().flatMap(({ remembered }) => remembered)
    expect(standing).toMatchObject([
      { what: 'proxy', method: 'GET', host: 'api.example.test', until: clock.now() + 6 * 60_000 },
    ])
    clock.advance(6 * 60_000)
    expect(keyway.apps.list().flatMap(({ remembered }) => remembered)).toEqual([])
    void ask()
    expect(keyway.approvals.list()).toHaveLength(1)
  })

  test('always becomes a grant that the person sees, no wider than the question', async () => {
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
      token: false,
      proxy: true,
      approval: 'allow',
    })
    const record = keyway.connections.record(connectionId)!
    const kind = (method: string): string =>
      may(app, { what: 'proxy', method, host: 'api.example.test', path: '/x' }, record, 0).kind
    expect(kind('GET')).toBe('allow')
    expect(kind('DELETE')).toBe('ask')
    expect(may(app, { what: 'token' }, record, 0).kind).toBe('ask')
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
    expect(await asked[59]).toBe('denied')
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
    const pending = keyway.approvals.askPair(wants, '4711')
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

  test('gets less when the person narrows it', async () => {
    const { keyway } = await start()
    const pending = keyway.approvals.askPair(wants, '4711')
    keyway.approvals.decide(keyway.approvals.list()[0]!.id, 'once', {
      name: 'My helper',
      grants: [],
      manage: false,
    })
    expect(await pending).toMatchObject({ app: { name: 'My helper', grants: [], manage: false } })
  })

  test('and nothing on a no or silence', async () => {
    const { keyway, clock } = await start()
    const denied = keyway.approvals.askPair(wants, '1')
    keyway.approvals.decide(keyway.approvals.list()[0]!.id, 'deny')
    expect(await denied).toBe('denied')
    const silent = keyway.approvals.askPair(wants, '2')
    clock.advance(60_000)
    expect(await silent).toBe('timed_out')
    expect(keyway.apps.list().map(({ name }) => name)).toEqual(['Agent'])
  })
})
