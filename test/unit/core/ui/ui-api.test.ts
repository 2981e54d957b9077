import { describe, expect, test } from 'vitest'
import { uiCalls } from '../../../../shared/contract/ui-api.ts'
import type { HttpFetch } from '../../../../electron/core/ports.ts'
import { aProvider } from '../../../support/builders.ts'
import { settle } from '../../../support/settle.ts'
import { PASSPHRASE, startConnected, startTestKeyway } from '../../../support/start-keyway.ts'

const answering =
  (statuses: number[], seen: Array<{ url: string; authorization: string | null }>): (() => HttpFetch) =>
  () =>
  (url, init) => {
    seen.push({ url, authorization: new Headers(init?.headers).get('authorization') })
    const status = statuses.shift() ?? 200
    return Promise.resolve(
      new Response('{"ok":true}', { status, headers: { 'content-type': 'application/json' } }),
    )
  }

test('every call of the contract is there, but for those about the session, which the dispatcher answers', async () => {
  const { keyway } = await startTestKeyway()
  const expected = Object.keys(uiCalls).filter((name) => !name.startsWith('presence.'))
  expect(Object.keys(keyway.ui).toSorted()).toEqual(expected.toSorted())
})

test('the snapshot is whole and holds no secret', async () => {
  const { keyway, connectionId } = await startConnected()
  const token = await keyway.tokens.get(connectionId, {})
  if (token.kind !== 'ok') throw token.failure
  const snapshot = await keyway.ui['snapshot.get'](undefined)
  expect(snapshot).toMatchObject({
    host: 'headless',
    vault: { kind: 'unlocked' },
    server: { listening: true, url: 'http://127.0.0.1:7317' },
    providers: [{ slug: 'acme', connectionCount: 1 }],
    connections: [{ id: connectionId, account: 'work', providerName: 'Acme' }],
  })
  const text = JSON.stringify(snapshot)
  for (const secret of [
    token.token.accessToken.reveal(),
    'made-up-client-secret',
    'made-up-refresh',
    'sealed',
    'kw1.',
  ]) {
    expect(text).not.toContain(secret)
  }
})

describe('a test call', () => {
  test('goes to the API with the token, and shows what came back', async () => {
    const seen: Array<{ url: string; authorization: string | null }> = []
    const { keyway, connectionId } = await startConnected({ fetch: answering([], seen) })
    const result = await keyway.ui['connections.testCall']({ id: connectionId, method: 'GET', url: '/me' })
    expect(result).toMatchObject({
      status: 200,
      contentType: 'application/json',
      body: '{"ok":true}',
      truncated: false,
    })
    expect(seen).toEqual([
      { url: 'https://api.example.test/v1/me', authorization: expect.stringMatching(/^Bearer made-up/) },
    ])
  })

  test('refreshes once if the token is rejected, and the status shows the result', async () => {
    const seen: Array<{ url: string; authorization: string | null }> = []
    const { keyway, connectionId, server } = await startConnected({
      fetch: answering([401, 200, 401, 401], seen),
    })
    expect(
      (await keyway.ui['connections.testCall']({ id: connectionId, method: 'GET', url: '' })).status,
    ).toBe(200)
    expect(server.counts.refreshes).toBe(1)
    expect(new Set(seen.map(({ authorization }) => authorization)).size).toBe(2)
    expect(keyway.connections.get(connectionId)?.lastOutcome.status).toBe('ok')
    expect(
      (await keyway.ui['connections.testCall']({ id: connectionId, method: 'GET', url: '' })).status,
    ).toBe(401)
    expect(keyway.connections.get(connectionId)?.lastOutcome.status).toBe('reconnect_needed')
  })

  test.each([
    'https://evil.example.test/',
    '//evil.example.test/x',
    '/../secret',
    'http://api.example.test/v1',
  ])('does not go to %s', async (url) => {
    const seen: Array<{ url: string; authorization: string | null }> = []
    const { keyway, connectionId } = await startConnected({ fetch: answering([], seen) })
    await expect(
      keyway.ui['connections.testCall']({ id: connectionId, method: 'GET', url }),
    ).rejects.toMatchObject({
      code: expect.stringMatching(/target_not_allowed|invalid_request/),
    })
    expect(seen).toEqual([])
  })

  test('cuts a long answer', async () => {
    const { keyway, connectionId } = await startConnected({
      fetch: () => () => Promise.resolve(new Response('x'.repeat(200_000))),
    })
    const result = await keyway.ui['connections.testCall']({ id: connectionId, method: 'GET', url: '' })
    expect(result.truncated).toBe(true)
    expect(result.body).toHaveLength(64 * 1024)
  })
})

describe('the vault', () => {
  test('is locked and unlocked from the window, and says which it is', async () => {
    const { keyway } = await startTestKeyway()
    const kinds: string[] = []
    keyway.on('vault', ({ kind }) => kinds.push(kind))
    expect(await keyway.ui['vault.lock'](undefined)).toMatchObject({ kind: 'locked', needsPassphrase: true })
    await expect(keyway.ui['vault.unlock']({ passphrase: 'wrong one' })).rejects.toMatchObject({
      code: 'wrong_passphrase',
    })
    expect(await keyway.ui['vault.unlock']({ passphrase: PASSPHRASE.reveal() })).toMatchObject({
      kind: 'unlocked',
    })
    await settle()
    expect(kinds[0]).toBe('locked')
  })

  test('a lock waits for a rotation under way', async () => {
    const { keyway, connectionId, oauth, vault, stores } = await startConnected()
    let release: () => void = () => undefined
    oauth.loss = (outcome) => new Promise((resolve) => (release = () => resolve(outcome)))
    // Its caller may be too late for the open vault and then gets an error.
    keyway.tokens.get(connectionId, { rejected: 'current' }).catch(() => undefined)
    await settle()
    const locking = keyway.ui['vault.lock'](undefined)
    await settle()
    expect(vault.state().kind).toBe('unlocked')
    release()
    await locking
    expect(vault.state().kind).toBe('locked')
    expect(await stores.connections.read(connectionId)).toMatchObject({ generation: 2 })
  })

  test('locks by itself when the person is away for as long as they set', async () => {
    const { keyway, vault, clock } = await startTestKeyway()
    await keyway.ui['settings.update']({ autoLockMinutes: 5 })
    await keyway.ui['presets.list'](undefined)
    clock.advance(4 * 60_000)
    await keyway.ui['presets.list'](undefined)
    clock.advance(4 * 60_000)
    await keyway.ui['snapshot.get'](undefined)
    expect(vault.state().kind).toBe('unlocked')
    clock.advance(60_000)
    await settle()
    expect(vault.state().kind).toBe('locked')
  })
})

describe('settings', () => {
  test('are announced, kept, and checked', async () => {
    const { keyway, stores, clock } = await startTestKeyway()
    const seen: number[] = []
    keyway.on('settings', ({ port }) => seen.push(port))
    expect((await keyway.ui['settings.update']({ port: 8000 })).port).toBe(8000)
    await settle()
    expect(seen).toEqual([8000])
    await keyway.close()
    const next = await startTestKeyway({ stores, clock })
    expect(next.keyway.settings.get()).toMatchObject({ port: 8000, theme: 'system' })
  })

  test('one that cannot be read falls back to its default and is not overwritten', async () => {
    const { stores, clock } = await startTestKeyway()
    stores.settings.set('port', 'eighty')
    stores.settings.set('theme', 'dark')
    const { keyway } = await startTestKeyway({ stores, clock })
    expect(keyway.settings.get()).toMatchObject({ port: 7317, theme: 'dark' })
    await keyway.ui['settings.update']({ theme: 'light' })
    expect(stores.settings.get('port')).toBe('eighty')
  })
})

describe('providers in the form', () => {
  test('the redirect plan follows the draft while it is typed', async () => {
    const { keyway } = await startTestKeyway()
    const plan = (draft: unknown) => keyway.ui['providers.redirectPlan']({ draft })
    expect((await plan({ name: 'half typed' })).redirectUri).toBe('http://127.0.0.1:7317/oauth2/callback')
    expect((await plan({ redirectHost: 'localhost' })).redirectUri).toBe(
      'http://localhost:7317/oauth2/callback',
    )
    expect((await plan({ flow: 'client_credentials' })).way).toBe('none')
    await expect(plan({ redirect: 'teleport' })).rejects.toMatchObject({ code: 'invalid_request' })
  })

  test('an export names the secret, and does not hold it', async () => {
    const { keyway } = await startTestKeyway()
    const { id } = keyway.providers.create(aProvider({ slug: 'acme-work' }))
    const { json, code } = await keyway.ui['providers.export']({ id })
    expect(json + code).not.toContain('made-up-client-secret')
    expect(JSON.parse(json)).toMatchObject({ slug: 'acme-work', clientSecret: '${ACME_WORK_CLIENT_SECRET}' })
    expect(code).toContain('defineProvider({')
  })
})

describe('announcements', () => {
  test('a burst of changes is one list, the first at once, the rest within a tenth of a second', async () => {
    const { keyway, clock } = await startTestKeyway()
    const seen: number[] = []
    keyway.on('providers', (list) => seen.push(list.length))
    for (let n = 0; n < 10; n += 1) keyway.providers.create(aProvider({ slug: `p${n}` }))
    await settle()
    expect(seen).toEqual([10])
    for (let n = 10; n < 20; n += 1) keyway.providers.create(aProvider({ slug: `p${n}` }))
    await settle()
    expect(seen).toEqual([10])
    clock.advance(100)
    expect(seen).toEqual([10, 20])
  })

  test('a listener that fails is no reason for the others to hear nothing', async () => {
    const { keyway, logger } = await startTestKeyway()
    const seen: number[] = []
    keyway.on('providers', () => {
      throw new Error('made up')
    })
    const stop = keyway.on('providers', (list) => seen.push(list.length))
    keyway.providers.create(aProvider())
    await settle()
    expect(seen).toEqual([1])
    expect(logger.lines.some(({ level }) => level === 'error')).toBe(true)
    stop()
  })
})
