import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createScheduler } from '../../../../electron/core/connections/refresh/scheduler.ts'
import { nextRefreshAt } from '../../../../electron/core/connections/refresh/background.ts'
import { providerSpec, type ProviderSpecInput } from '../../../../shared/contract/provider-spec.ts'
import { okOutcome } from '../../../../shared/domain/expiry.ts'
import { createFakeClock } from '../../../support/fake-clock.ts'
import { passing } from '../../../support/fake-oauth-client.ts'
import { createMemoryProvider } from '../../../support/memory-provider.ts'
import { settle } from '../../../support/settle.ts'
import { aProvider } from '../../../support/builders.ts'
import { PASSPHRASE, signIn, startConnected } from '../../../support/start-keyway.ts'

const HOUR_MS = 3600_000
const DAY_MS = 24 * HOUR_MS

describe('the queue of what is due', () => {
  test('calls everything once, in order, never early, and holds one timer', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ id: fc.integer({ min: 0, max: 30 }), at: fc.integer({ min: 0, max: 100_000 }) }),
          {
            maxLength: 200,
          },
        ),
        (entries) => {
          const clock = createFakeClock(0)
          const called: Array<{ id: string; at: number }> = []
          const queue = createScheduler(clock, (id) => called.push({ id, at: clock.now() }))
          for (const { id, at } of entries) queue.set(String(id), at)
          expect(clock.waiting).toBeLessThanOrEqual(1)
          const expected = new Map(entries.map(({ id, at }) => [String(id), at]))
          clock.advance(100_001)
          expect(new Map(called.map(({ id, at }) => [id, at]))).toEqual(expected)
          expect(called).toHaveLength(expected.size)
          expect(called.map(({ at }) => at)).toEqual(called.map(({ at }) => at).toSorted((a, b) => a - b))
          expect(clock.waiting).toBe(0)
        },
      ),
    )
  })

  test('what is taken out or moved does not come at its old time', () => {
    const clock = createFakeClock(0)
    const called: string[] = []
    const queue = createScheduler(clock, (id) => called.push(id))
    queue.set('out', 100)
    queue.set('moved', 100)
    queue.set('out', null)
    queue.set('moved', 300)
    clock.advance(299)
    expect(called).toEqual([])
    clock.advance(1)
    expect(called).toEqual(['moved'])
  })

  test('ten thousand entries are one timer', () => {
    const clock = createFakeClock(0)
    let called = 0
    const queue = createScheduler(clock, () => (called += 1))
    for (let n = 0; n < 10_000; n += 1) queue.set(`con_${n}`, 1_000_000 + ((n * 7919) % 10_000))
    expect(clock.waiting).toBe(1)
    clock.advance(2_000_000)
    expect(called).toBe(10_000)
  })

  test('a wall clock that jumped is noticed by looking again', () => {
    const clock = createFakeClock(0)
    const called: string[] = []
    const queue = createScheduler(clock, (id) => called.push(id))
    queue.set('a', DAY_MS)
    clock.jumpTo(DAY_MS + 1)
    queue.check()
    expect(called).toEqual(['a'])
  })
})

describe('the plan', () => {
  const now = 1_000_000_000
  const plan = (
    about: Partial<Parameters<typeof nextRefreshAt>[0]> = {},
    spec: ProviderSpecInput = {},
    more: { lastUsedAt?: number | null; spread?: number } = {},
  ): number | null =>
    nextRefreshAt(
      {
        how: 'authorization_code',
        hasRefreshToken: true,
        issuedAt: now,
        expiresAt: now + HOUR_MS,
        lifetimeSeconds: 3600,
        refreshTokenExpiresAt: null,
        refreshStartedAt: null,
        lastAuthorizedAt: now,
        lastOutcome: okOutcome(now),
        ...about,
      },
      providerSpec.parse(spec),
      { now, lastUsedAt: more.lastUsedAt ?? null, spread: more.spread ?? 0 },
    )

  test('is ahead of the margin, spread over a tenth of the lifetime', () => {
    expect(plan()).toBe(now + HOUR_MS - 60_000)
    expect(plan({}, {}, { spread: 0.99 })).toBeGreaterThan(now + HOUR_MS * 0.88 - 60_000)
  })

  test('is none if nothing can be refreshed, or the provider revoked the authorization', () => {
    expect(plan({ hasRefreshToken: false })).toBeNull()
    expect(plan({}, { refresh: { supported: 'no' } })).toBeNull()
    const ended = {
      status: 'reconnect_needed',
      code: 'token_expired',
      message: '',
      nextStep: '',
      at: now,
      retryAt: null,
    } as const
    expect(plan({ lastOutcome: ended })).toBeNull()
    expect(plan({ lastOutcome: { ...ended, retryAt: now + 5 } })).toBe(now + 5)
  })

  test('is now after a crash between request and response', () => {
    expect(plan({ refreshStartedAt: now - 1000 })).toBe(now)
  })

  test('does not refresh an unused token of short lifetime', () => {
    const short = { expiresAt: now + 60_000, lifetimeSeconds: 60, lastAuthorizedAt: now - 2 * HOUR_MS }
    expect(plan(short)).toBeNull()
    expect(plan(short, {}, { lastUsedAt: now - 60_000 })).not.toBeNull()
    const tiny = { expiresAt: now + 5_000, lifetimeSeconds: 5 }
    expect(plan({ ...tiny, lastAuthorizedAt: now - 50_000 })).not.toBeNull()
    expect(plan({ ...tiny, lastAuthorizedAt: now - 61_000 })).toBeNull()
  })

  test('refreshes an authorization that would expire unused', () => {
    const at = plan(
      { expiresAt: now + 60_000, lifetimeSeconds: 60, lastAuthorizedAt: now - DAY_MS },
      { refresh: { keepAliveSeconds: 86_400 } },
    )
    expect(at).toBeGreaterThan(now + 0.7 * DAY_MS)
    expect(at).toBeLessThan(now + DAY_MS)
  })

  test('uses a refresh token before its own end', () => {
    const at = plan({ expiresAt: null, lifetimeSeconds: null, refreshTokenExpiresAt: now + 10 * DAY_MS })
    expect(at).toBeLessThan(now + 9 * DAY_MS)
  })

  test('does not flood a provider when a refresh does not move the expiry, nor after it', () => {
    const endless = { expiresAt: null, lifetimeSeconds: null }
    expect(plan({ ...endless, refreshTokenExpiresAt: now + 1_000 })).toBeNull()
    expect(plan({ ...endless, refreshTokenExpiresAt: now - DAY_MS })).toBeNull()
    expect(plan({ refreshTokenExpiresAt: now - DAY_MS })).toBe(now + HOUR_MS - 60_000)
  })

  test('refreshes early a token that must still be valid, and no token before its minimum age', () => {
    const long = { expiresAt: now + 60 * DAY_MS, lifetimeSeconds: 60 * 86_400, hasRefreshToken: false }
    expect(plan(long, { refresh: { style: 'exchange-access-token' } })).toBe(now + 30 * DAY_MS)
    const young = { expiresAt: now + HOUR_MS, lifetimeSeconds: 3600 }
    expect(plan(young, { refresh: { minAgeSeconds: 86_400 } })).toBe(now + DAY_MS)
  })
})

describe('in the background', () => {
  test('an unused token of short lifetime expires; the next request gets a new one', async () => {
    const clock = createFakeClock()
    const server = createMemoryProvider(clock)
    server.lifetimeSeconds = 5
    const { keyway, connectionId } = await startConnected({ clock, server })
    for (let second = 0; second < 600; second += 1) {
      clock.advance(1000)
      await settle(4)
    }
    // For one minute after the sign-in it may be used; after that it is unused.
    expect(server.counts.refreshes).toBeLessThan(20)
    expect(keyway.connections.get(connectionId)?.lastOutcome.status).toBe('ok')
    const before = server.counts.refreshes
    expect((await keyway.tokens.get(connectionId, {})).kind).toBe('ok')
    expect(server.counts.refreshes).toBe(before + 1)
  })

  test('a token is refreshed before it expires, without a request', async () => {
    const { keyway, connectionId, server, clock } = await startConnected()
    clock.advance(HOUR_MS - 60_000)
    await settle()
    expect(server.counts.refreshes).toBe(1)
    expect(keyway.connections.record(connectionId)?.generation).toBe(2)
    expect(keyway.connections.get(connectionId)?.nextRefreshAt).toBeGreaterThan(clock.now())
  })

  test('an outage is waited out, and the status tells of it', async () => {
    const { keyway, connectionId, oauth, clock, server } = await startConnected()
    oauth.script = () => passing()
    clock.advance(HOUR_MS)
    await settle()
    for (let n = 0; n < 20; n += 1) {
      clock.advance(5 * 60_000)
      await settle(5)
    }
    expect(keyway.connections.get(connectionId)?.lastOutcome.status).toBe('retrying')
    expect(keyway.connections.get(connectionId)?.life.filter(({ kind }) => kind === 'retrying')).toHaveLength(
      1,
    )
    oauth.script = null
    clock.advance(5 * 60_000)
    await settle()
    expect(keyway.connections.get(connectionId)?.lastOutcome.status).toBe('ok')
    expect(server.counts.reuses).toBe(0)
  })

  test('many that fall due together are asked for a few at a time, and a provider that hangs holds up no other', async () => {
    const started = await startConnected()
    const { keyway, server, oauth, clock, connectionId } = started
    const slow = keyway.providers.create(aProvider({ slug: 'slow', name: 'Slow' }))
    for (let n = 0; n < 30; n += 1) {
      server.account = { id: `s-${n}`, label: `s${n}@example.test` }
      await signIn(started, { providerId: slow.id, account: `s${n}` })
    }
    let hanging = 0
    const { refresh } = oauth
    oauth.refresh = (provider, ...rest) => {
      if (provider.id !== slow.id) return refresh(provider, ...rest)
      hanging += 1
      return new Promise(() => undefined)
    }
    clock.advance(HOUR_MS)
    await settle()
    expect(hanging).toBe(8)
    expect(keyway.connections.record(connectionId)?.generation).toBe(2)
  })

  test('a locked vault is not hammered; unlocking catches up', async () => {
    const { clock, server, vault } = await startConnected()
    vault.lock()
    clock.advance(10 * HOUR_MS)
    await settle()
    expect(server.counts.refreshes).toBe(0)
    expect(clock.waiting).toBeLessThanOrEqual(1)
    await vault.unlock(PASSPHRASE)
    clock.advance(3000)
    await settle()
    expect(server.counts.refreshes).toBe(1)
  })

  test('sleep of the machine is detected, and what is due is refreshed', async () => {
    const { server, clock } = await startConnected()
    clock.jumpTo(clock.now() + 2 * HOUR_MS)
    clock.advance(60_000)
    await settle()
    clock.advance(3_000)
    await settle()
    expect(server.counts.refreshes).toBe(1)
  })

  test('a wakeup refreshes what is due, spread over some seconds', async () => {
    const { keyway, clock, server } = await startConnected()
    clock.jumpTo(clock.now() + 5 * HOUR_MS)
    keyway.wake()
    await settle()
    expect(server.counts.refreshes).toBe(0)
    clock.advance(3000)
    await settle()
    expect(server.counts.refreshes).toBe(1)
  })

  test('closing stops it and waits for a rotation under way', async () => {
    const { keyway, connectionId, oauth, stores, clock, server } = await startConnected()
    let release: () => void = () => undefined
    oauth.loss = (outcome) => new Promise((resolve) => (release = () => resolve(outcome)))
    void keyway.tokens.get(connectionId, { rejected: 'current' }).catch(() => undefined)
    await settle()
    const closing = keyway.close()
    await settle()
    release()
    await closing
    await keyway.close()
    expect(await stores.connections.read(connectionId)).toMatchObject({
      generation: 2,
      refreshStartedAt: null,
    })
    await expect(keyway.tokens.get(connectionId, {})).rejects.toMatchObject({ code: 'shutting_down' })
    clock.advance(10 * HOUR_MS)
    await settle()
    expect(server.counts.refreshes).toBe(1)
  })
})
