import { describe, expect, test } from 'vitest'
import type { KeywayError } from '../../../../shared/contract/errors.ts'
import { Secret } from '../../../../shared/contract/secret.ts'
import type { TokenResult } from '../../../../electron/core/connections/tokens/types.ts'
import type { TokenOutcome } from '../../../../electron/core/oauth/types.ts'
import { createFakeClock } from '../../../support/fake-clock.ts'
import { passing } from '../../../support/fake-oauth-client.ts'
import { settle } from '../../../support/settle.ts'
import { createMemoryProvider } from '../../../support/memory-provider.ts'
import { PASSPHRASE, startConnected, startTestKeyway } from '../../../support/start-keyway.ts'

const HOUR_MS = 3600_000
const tokenOf = (result: TokenResult): string => {
  if (result.kind !== 'ok') throw new Error(`${result.kind}: ${result.failure.message}`)
  return result.token.accessToken.reveal()
}
const failureOf = (result: TokenResult): KeywayError => {
  if (result.kind === 'ok') throw new Error('a token came')
  return result.failure
}

/** A connection whose token has expired, without the attempts of the background. */
async function startExpired(options: Parameters<typeof startConnected>[0] = {}) {
  const started = await startConnected(options)
  started.vault.lock()
  started.clock.advance(HOUR_MS)
  await started.vault.unlock(PASSPHRASE)
  return started
}

describe('a token that is good', () => {
  test('is handed out without asking the provider, the same object each time', async () => {
    const { keyway, connectionId, server, clock } = await startConnected()
    const first = await keyway.tokens.get(connectionId, {})
    expect(server.isAlive(tokenOf(first))).toBe(true)
    expect(keyway.tokens.peek(connectionId, clock.now())).toBe(first.kind === 'ok' ? first.token : null)
    expect(server.counts.refreshes).toBe(0)
    expect(first).toMatchObject({
      token: {
        providerSlug: 'acme',
        account: 'work',
        generation: 1,
        scopes: ['read', 'write'],
        header: null,
      },
    })
  })

  test('is not there for peek before somebody asked, after its margin, and after a rename', async () => {
    const { keyway, connectionId, clock } = await startConnected()
    expect(keyway.tokens.peek(connectionId, clock.now())).toBeNull()
    await keyway.tokens.get(connectionId, {})
    expect(keyway.tokens.peek(connectionId, clock.now() + HOUR_MS - 60_001)).not.toBeNull()
    expect(keyway.tokens.peek(connectionId, clock.now() + HOUR_MS - 60_000)).toBeNull()
    await keyway.connections.rename(connectionId, 'private')
    expect(keyway.tokens.peek(connectionId, clock.now())).toBeNull()
    expect(await keyway.tokens.get(connectionId, {})).toMatchObject({ token: { account: 'private' } })
  })

  test('carries its header where the API wants another one than Authorization: Bearer', async () => {
    const { keyway, connectionId } = await startConnected({
      provider: {
        spec: {
          endpoints: { authorization: 'https://p.example.test/a', token: 'https://p.example.test/t' },
          api: { tokenHeader: 'Authorization: Zoho-oauthtoken {access_token}' },
        },
      },
    })
    const result = await keyway.tokens.get(connectionId, {})
    if (result.kind !== 'ok') throw result.failure
    expect(result.token.header?.name).toBe('Authorization')
    expect(result.token.header?.value.reveal()).toBe(`Zoho-oauthtoken ${result.token.accessToken.reveal()}`)
  })

  test('is refused when it lacks scopes that the caller needs', async () => {
    const { keyway, connectionId } = await startConnected()
    const result = await keyway.tokens.get(connectionId, { scopes: ['read', 'admin'] })
    expect(result.kind).toBe('reconnect_needed')
    expect(failureOf(result)).toMatchObject({
      code: 'scope_missing',
      details: { missingScopes: ['admin'], provider: 'acme', account: 'work', connectionId },
    })
  })
})

describe('a token that has ended', () => {
  test('a thousand callers are one refresh, and all get its token', async () => {
    const { keyway, connectionId, server } = await startExpired()
    const results = await Promise.all(Array.from({ length: 1000 }, () => keyway.tokens.get(connectionId, {})))
    expect(server.counts.refreshes).toBe(1)
    expect(new Set(results.map(tokenOf)).size).toBe(1)
    expect(server.isAlive(tokenOf(results[0]!))).toBe(true)
  })

  test('a rotated refresh token replaces the old one; a response without one keeps it', async () => {
    const { keyway, connectionId, server, clock } = await startExpired()
    await keyway.tokens.get(connectionId, {})
    server.rotates = false
    clock.advance(HOUR_MS)
    await settle()
    server.rotates = true
    clock.advance(HOUR_MS)
    expect(server.isAlive(tokenOf(await keyway.tokens.get(connectionId, {})))).toBe(true)
    expect(server.counts.reuses).toBe(0)
  })

  test('network trouble is "retrying" with a time, and nothing is asked before it', async () => {
    const { keyway, connectionId, oauth, clock } = await startExpired()
    let asked = 0
    oauth.script = () => {
      asked += 1
      return passing({ retryAfterMs: 90_000 })
    }
    const result = await keyway.tokens.get(connectionId, {})
    expect(result).toMatchObject({ kind: 'retrying', retryAt: clock.now() + 90_000 })
    expect(failureOf(result)).toMatchObject({ code: 'retrying', details: { connectionId, provider: 'acme' } })
    expect(keyway.connections.get(connectionId)?.lastOutcome).toMatchObject({ status: 'retrying' })
    await keyway.tokens.get(connectionId, {})
    expect(asked).toBe(1)
    oauth.script = null
    clock.advance(90_001)
    await settle()
    expect((await keyway.tokens.get(connectionId, {})).kind).toBe('ok')
    expect(keyway.connections.get(connectionId)?.lastOutcome.status).toBe('ok')
  })

  test('failures in a row wait longer and longer, five minutes at most', async () => {
    const { keyway, connectionId, oauth, clock } = await startExpired({ random: () => 1 })
    oauth.script = () => passing()
    const waits: number[] = []
    for (let n = 0; n < 12; n += 1) {
      const result = await keyway.tokens.get(connectionId, {})
      if (result.kind !== 'retrying') throw new Error(result.kind)
      waits.push(result.retryAt - clock.now())
      clock.advance(result.retryAt - clock.now())
      await settle()
    }
    expect(Math.max(...waits)).toBeLessThanOrEqual(5 * 60_000)
    expect(waits[0]).toBeLessThanOrEqual(1000)
  })

  test('invalid_grant ends the authorization: reconnect needed, reported at once from then on, and nothing is erased', async () => {
    const { keyway, connectionId, server } = await startExpired()
    server.endAllGrants()
    const result = await keyway.tokens.get(connectionId, {})
    expect(result.kind).toBe('reconnect_needed')
    expect(failureOf(result)).toMatchObject({
      code: 'token_expired',
      details: { provider: 'acme', account: 'work', connectionId, providerCode: 'invalid_grant' },
    })
    await keyway.tokens.get(connectionId, {})
    expect(server.counts.refreshes).toBe(1)
    const record = keyway.connections.record(connectionId)
    expect(record).toMatchObject({ hasRefreshToken: true, lastOutcome: { status: 'reconnect_needed' } })
    expect(record?.life.at(-1)).toMatchObject({ kind: 'failed', code: 'invalid_grant' })
  })

  test('another refusal is confirmed once, then shown; it is tried again much later, or when the person says so', async () => {
    const { keyway, connectionId, oauth, clock } = await startExpired()
    let asked = 0
    const refused: TokenOutcome = { kind: 'refused', code: 'http_403', message: 'Forbidden' }
    oauth.script = () => {
      asked += 1
      return refused
    }
    const pending = keyway.tokens.get(connectionId, {})
    await settle()
    clock.advance(1000)
    const result = await pending
    expect(asked).toBe(2)
    expect(result.kind).toBe('reconnect_needed')
    expect(failureOf(result).code).toBe('token_expired')
    expect((await keyway.tokens.get(connectionId, {})).kind).toBe('reconnect_needed')
    expect(asked).toBe(2)
    oauth.script = null
    const view = await keyway.connections.refresh(connectionId)
    expect(view.lastOutcome.status).toBe('ok')
  })

  test('a refusal that was a hiccup costs nothing', async () => {
    const { keyway, connectionId, oauth, clock } = await startExpired()
    let asked = 0
    oauth.script = () => {
      asked += 1
      return asked === 1 ? { kind: 'refused', code: 'http_400', message: '' } : undefined
    }
    const pending = keyway.tokens.get(connectionId, {})
    await settle()
    clock.advance(1000)
    expect((await pending).kind).toBe('ok')
  })

  test('a wrong client secret is a configuration error and is tried again as soon as the provider is corrected', async () => {
    const { keyway, connectionId, providerId, oauth } = await startExpired()
    oauth.script = () => ({
      kind: 'config_error',
      code: 'invalid_client',
      message: 'The provider does not accept the client secret.',
      nextStep: 'Enter the secret again.',
    })
    const result = await keyway.tokens.get(connectionId, {})
    expect(result.kind).toBe('config_error')
    expect(failureOf(result)).toMatchObject({ code: 'config_error', nextStep: 'Enter the secret again.' })
    expect(keyway.connections.get(connectionId)?.lastOutcome.status).toBe('config_error')
    oauth.script = null
    keyway.providers.update(providerId, { clientSecret: 'made-up-new-secret' })
    expect((await keyway.tokens.get(connectionId, {})).kind).toBe('ok')
  })

  test('a certificate that is refused is looked at again soon, client credentials only now and then', async () => {
    for (const [code, mostMs] of [
      ['tls_failure', 1_000],
      ['invalid_client', 15 * 60_000],
    ] as const) {
      const { keyway, connectionId, oauth, clock } = await startExpired({ random: () => 1 })
      oauth.script = () => ({ kind: 'config_error', code, message: 'no', nextStep: 'fix' })
      expect((await keyway.tokens.get(connectionId, {})).kind).toBe('config_error')
      oauth.script = null
      clock.advance(mostMs - 1)
      await settle()
      expect((await keyway.tokens.get(connectionId, {})).kind).toBe('config_error')
      clock.advance(2)
      await settle()
      expect((await keyway.tokens.get(connectionId, {})).kind).toBe('ok')
    }
  })

  test('without a refresh token it says so, and the window shows it without anybody asking', async () => {
    const { keyway, connectionId, clock, server } = await startConnected({
      provider: { spec: { refresh: { supported: 'no' } } },
    })
    expect(keyway.connections.get(connectionId)).toMatchObject({
      nextRefreshAt: null,
      stopsWorkingAt: clock.now() + HOUR_MS,
    })
    clock.advance(HOUR_MS - 1000)
    expect((await keyway.tokens.get(connectionId, {})).kind).toBe('ok')
    clock.advance(2000)
    await settle()
    expect(keyway.connections.get(connectionId)?.lastOutcome).toMatchObject({
      status: 'reconnect_needed',
      code: 'token_expired',
    })
    expect((await keyway.tokens.get(connectionId, {})).kind).toBe('reconnect_needed')
    expect(server.counts.refreshes).toBe(0)
  })
})

describe('a token that is still good while the provider is not', () => {
  test('is served through every failure except a revoked authorization', async () => {
    for (const outcome of [
      passing(),
      { kind: 'config_error', code: 'invalid_client', message: 'no', nextStep: 'fix' } as const,
    ]) {
      const { keyway, connectionId, oauth, clock, server } = await startConnected()
      oauth.script = () => outcome
      clock.advance(HOUR_MS - 30_000)
      await settle()
      const result = await keyway.tokens.get(connectionId, {})
      expect(server.isAlive(tokenOf(result))).toBe(true)
      expect(keyway.connections.get(connectionId)?.lastOutcome.status).not.toBe('ok')
    }
  })

  test('nobody waits long for a newer one', async () => {
    const { keyway, connectionId, oauth, clock, server } = await startConnected({ random: () => 0 })
    oauth.script = () => new Promise(() => undefined)
    clock.advance(HOUR_MS - 40_000)
    await settle()
    const pending = keyway.tokens.get(connectionId, {})
    await settle()
    clock.advance(2000)
    expect(server.isAlive(tokenOf(await pending))).toBe(true)
  })
})

describe('deadlines', () => {
  test('a caller gets its result at its deadline, and a later response is stored', async () => {
    const { keyway, connectionId, oauth, clock, server } = await startExpired()
    let release: (outcome: undefined) => void = () => undefined
    oauth.script = () => new Promise((resolve) => (release = resolve))
    const refusal = keyway.tokens.get(connectionId, { deadlineMs: 3000 })
    await settle()
    clock.advance(3000)
    const result = await refusal
    expect(result).toMatchObject({ kind: 'retrying', retryAt: expect.any(Number) })
    expect(failureOf(result).code).toBe('retrying')
    release(undefined)
    await settle()
    expect(server.isAlive(tokenOf(await keyway.tokens.get(connectionId, {})))).toBe(true)
    expect(server.counts.refreshes).toBe(1)
  })

  test('without one of its own a caller waits 15 seconds', async () => {
    const { keyway, connectionId, oauth, clock } = await startExpired()
    oauth.script = () => new Promise(() => undefined)
    const pending = keyway.tokens.get(connectionId, {})
    let ended = false
    void pending.then(() => (ended = true))
    await settle()
    clock.advance(14_999)
    await settle()
    expect(ended).toBe(false)
    clock.advance(1)
    expect((await pending).kind).toBe('retrying')
  })

  test('who comes to a refresh that others have waited out is told so at once, and when to ask again', async () => {
    const { keyway, connectionId, oauth, clock } = await startExpired()
    oauth.script = () => new Promise(() => undefined)
    void keyway.tokens.get(connectionId, {})
    await settle()
    clock.advance(16_000)
    const latecomer = keyway.tokens.get(connectionId, {})
    await settle()
    clock.advance(1_000)
    // A refresh may take 20 s; it has taken 17.
    expect(await latecomer).toMatchObject({ kind: 'retrying', retryAt: clock.now() + 4_000 })
  })

  test('a token that ends while a newer one is waited for is no reason to give up', async () => {
    const { keyway, connectionId, oauth, clock, server } = await startConnected({ random: () => 0 })
    let release: (outcome: undefined) => void = () => undefined
    oauth.script = () => new Promise((resolve) => (release = resolve))
    clock.advance(HOUR_MS - 1_500)
    await settle()
    const pending = keyway.tokens.get(connectionId, {})
    await settle()
    clock.advance(1_600)
    await settle()
    release(undefined)
    expect(server.isAlive(tokenOf(await pending))).toBe(true)
  })

  test('a token with a moment left is not handed out while a newer one may come', async () => {
    const { keyway, connectionId, oauth, clock, server } = await startConnected({ random: () => 0 })
    let release: (outcome: undefined) => void = () => undefined
    oauth.script = () => new Promise((resolve) => (release = resolve))
    const first = tokenOf(await keyway.tokens.get(connectionId, {}))
    clock.advance(HOUR_MS - 400)
    await settle()
    const pending = keyway.tokens.get(connectionId, {})
    await settle()
    clock.advance(300)
    await settle()
    release(undefined)
    const second = tokenOf(await pending)
    expect(second).not.toBe(first)
    expect(server.isAlive(second)).toBe(true)
  })
})

describe('a caller whose token was refused', () => {
  test('gets the newer one when there is one, without a refresh', async () => {
    const { keyway, connectionId, server } = await startConnected()
    const result = await keyway.tokens.get(connectionId, { rejected: new Secret('made-up-old-token') })
    expect(server.isAlive(tokenOf(result))).toBe(true)
    expect(server.counts.refreshes).toBe(0)
  })

  test('forces one refresh, however many say so at once; the new one is not replaced for ten seconds, nor handed to who refuses it', async () => {
    const { keyway, connectionId, server, clock } = await startConnected()
    const first = tokenOf(await keyway.tokens.get(connectionId, {}))
    const second = await Promise.all(
      Array.from({ length: 50 }, () => keyway.tokens.get(connectionId, { rejected: new Secret(first) })),
    )
    expect(server.counts.refreshes).toBe(1)
    expect(new Set(second.map(tokenOf)).size).toBe(1)
    const newest = tokenOf(second[0]!)
    expect(newest).not.toBe(first)
    // A caller with the old token gets the new one; a caller with the new one learns when to retry.
    expect(tokenOf(await keyway.tokens.get(connectionId, { rejected: new Secret(first) }))).toBe(newest)
    clock.advance(4_000)
    for (const rejected of ['current', new Secret(newest)] as const) {
      const refused = await keyway.tokens.get(connectionId, { rejected })
      expect(refused).toMatchObject({ kind: 'retrying', retryAt: clock.now() + 6_000 })
    }
    expect(server.counts.refreshes).toBe(1)
    expect(tokenOf(await keyway.tokens.get(connectionId, {}))).toBe(newest)
    clock.advance(6_000)
    expect(tokenOf(await keyway.tokens.get(connectionId, { rejected: 'current' }))).not.toBe(newest)
    expect(server.counts.refreshes).toBe(2)
  })

  test('what the proxy saw itself is limited apart from what callers say', async () => {
    const { keyway, connectionId, server } = await startConnected()
    await keyway.tokens.get(connectionId, { rejected: 'current' })
    const rejected = new Secret(tokenOf(await keyway.tokens.get(connectionId, {})))
    await keyway.tokens.get(connectionId, { rejected })
    expect(server.counts.refreshes).toBe(1)
    await keyway.tokens.get(connectionId, { rejected, rejectedBy: 'proxy' })
    expect(server.counts.refreshes).toBe(2)
    await keyway.tokens.get(connectionId, { rejected: 'current', rejectedBy: 'proxy' })
    expect(server.counts.refreshes).toBe(2)
  })

  test('is not handed the refused token again when the refresh fails', async () => {
    const { keyway, connectionId, oauth } = await startConnected()
    await keyway.tokens.get(connectionId, {})
    oauth.script = () => passing()
    expect((await keyway.tokens.get(connectionId, { rejected: 'current' })).kind).toBe('retrying')
    expect((await keyway.tokens.get(connectionId, { rejected: 'current' })).kind).toBe('retrying')
    expect((await keyway.tokens.get(connectionId, {})).kind).toBe('ok')
  })

  test('needs a reconnect if nothing can refresh it', async () => {
    const { keyway, connectionId } = await startConnected({
      provider: { spec: { refresh: { supported: 'no' } } },
    })
    const result = await keyway.tokens.get(connectionId, { rejected: 'current' })
    expect(result.kind).toBe('reconnect_needed')
  })
})

describe('a caller who wants one that lasts', () => {
  test('gets a new one when less is left, and at most one for each fifth of the lifetime', async () => {
    const { keyway, connectionId, server, clock } = await startConnected()
    clock.advance(1800_000)
    expect((await keyway.tokens.get(connectionId, { minValidSeconds: 1700 })).kind).toBe('ok')
    expect(server.counts.refreshes).toBe(0)
    const long = await keyway.tokens.get(connectionId, { minValidSeconds: 3000 })
    expect(server.counts.refreshes).toBe(1)
    expect(long).toMatchObject({ token: { expiresAt: clock.now() + HOUR_MS, maxLifetimeReached: false } })
  })

  test('who wants more than the provider gives gets the longest there is, and is told', async () => {
    const { keyway, connectionId, server, clock } = await startConnected()
    clock.advance(300_000)
    const result = await keyway.tokens.get(connectionId, { minValidSeconds: 86_400 })
    expect(result).toMatchObject({ token: { maxLifetimeReached: true, expiresAt: clock.now() + HOUR_MS } })
    for (let n = 0; n < 20; n += 1) {
      clock.advance(1000)
      await keyway.tokens.get(connectionId, { minValidSeconds: 86_400 })
    }
    expect(server.counts.refreshes).toBe(1)
  })
})

describe('the vault', () => {
  test('locked means no token from anywhere, and unlocking brings it back', async () => {
    const { keyway, connectionId, clock, vault } = await startConnected()
    await keyway.tokens.get(connectionId, {})
    vault.lock()
    expect(keyway.tokens.peek(connectionId, clock.now())).toBeNull()
    await expect(keyway.tokens.get(connectionId, {})).rejects.toMatchObject({ code: 'vault_locked' })
    await vault.unlock(PASSPHRASE)
    expect((await keyway.tokens.get(connectionId, {})).kind).toBe('ok')
  })

  test('a response that arrives after the lock is not lost', async () => {
    const { keyway, connectionId, oauth, server, vault } = await startExpired()
    oauth.loss = (outcome) => {
      vault.lock()
      return outcome
    }
    await keyway.tokens.get(connectionId, {})
    oauth.loss = null
    await vault.unlock(PASSPHRASE)
    await settle()
    expect(server.isAlive(tokenOf(await keyway.tokens.get(connectionId, {})))).toBe(true)
    expect(server.counts).toMatchObject({ refreshes: 1, reuses: 0 })
  })

  test('a stored token that was tampered with is a reconnect, not a crash', async () => {
    const { keyway, connectionId, stores, clock } = await startConnected()
    const record = keyway.connections.record(connectionId)!
    await keyway.close()
    await stores.connections.put(connectionId, {
      ...record,
      sealedTokens: record.sealedTokens.slice(0, -8) + 'AAAAAAAA',
    })
    const again = await startTestKeyway({ stores, clock })
    const result = await again.keyway.tokens.get(connectionId, {})
    expect(result.kind).toBe('reconnect_needed')
    expect(failureOf(result).code).toBe('data_damaged')
  })
})

describe('clocks', () => {
  test.each([5, 60, 3600, 90 * 86_400])(
    'a lifetime of %i s is used for most of it, without a storm',
    async (lifetime) => {
      const clock = createFakeClock()
      const server = createMemoryProvider(clock)
      server.lifetimeSeconds = lifetime
      const { keyway, connectionId } = await startConnected({ clock, server })
      const stepMs = (lifetime * 1000) / 20
      for (let n = 0; n < 200; n += 1) {
        expect(server.isAlive(tokenOf(await keyway.tokens.get(connectionId, {})))).toBe(true)
        clock.advance(stepMs)
        await settle(6)
      }
      // Ten lifetimes have passed: no fewer refreshes than that, and no more than one for each four fifths.
      expect(server.counts.refreshes).toBeGreaterThanOrEqual(9)
      expect(server.counts.refreshes).toBeLessThanOrEqual(14)
    },
  )

  test('setting the wall clock back does not make an expired token valid', async () => {
    const { keyway, connectionId, server, clock } = await startConnected()
    await keyway.tokens.get(connectionId, {})
    const start = clock.now()
    clock.advance(HOUR_MS + 1000)
    clock.jumpTo(start + 60_000)
    expect(keyway.tokens.peek(connectionId, clock.now())).toBeNull()
    expect(server.isAlive(tokenOf(await keyway.tokens.get(connectionId, {})))).toBe(true)
  })

  test('a wall clock that runs ahead costs one refresh, and does not lock out when it is set right', async () => {
    const { keyway, connectionId, server, clock } = await startConnected()
    const start = clock.now()
    clock.jumpTo(start + 365 * 86_400_000)
    expect(server.isAlive(tokenOf(await keyway.tokens.get(connectionId, {})))).toBe(true)
    clock.jumpTo(start)
    expect(server.isAlive(tokenOf(await keyway.tokens.get(connectionId, {})))).toBe(true)
    expect(server.counts.refreshes).toBeLessThanOrEqual(2)
  })

  test('after the wall clock was set back, the end that is told is the real one, for callers and window alike', async () => {
    const { keyway, connectionId, server, clock } = await startConnected()
    const token = tokenOf(await keyway.tokens.get(connectionId, {}))
    clock.advance(600_000)
    clock.jumpTo(clock.now() - 5 * HOUR_MS)
    expect(keyway.tokens.peek(connectionId, clock.now())).toBeNull()
    const result = await keyway.tokens.get(connectionId, {})
    expect(tokenOf(result)).toBe(token)
    const endsAt = clock.now() + HOUR_MS - 600_000
    expect(result).toMatchObject({ token: { expiresAt: endsAt } })
    expect(keyway.tokens.peek(connectionId, clock.now())).not.toBeNull()
    const { expiresAt, nextRefreshAt } = keyway.connections.get(connectionId)!
    expect(expiresAt).toBe(endsAt)
    expect(nextRefreshAt).toBeLessThan(endsAt)
    clock.advance(HOUR_MS - 600_000 - 61_000)
    await settle()
    expect(server.counts.refreshes).toBe(1)
  })

  test('an outage is tried again in time although the wall clock was set back, and after sleep at once', async () => {
    const { keyway, connectionId, oauth, clock } = await startExpired({ random: () => 1 })
    oauth.script = () => passing({ retryAfterMs: 600_000 })
    await keyway.tokens.get(connectionId, {})
    oauth.script = null
    clock.jumpTo(clock.now() - 86_400_000)
    clock.advance(60_000)
    const { retryAt } = keyway.connections.get(connectionId)!.lastOutcome
    expect(retryAt).toBe(clock.now() + 540_000)
    expect((await keyway.tokens.get(connectionId, {})).kind).toBe('retrying')
    // The machine sleeps: the wall clock continues, the monotonic clock does not.
    clock.jumpTo(clock.now() + 600_000)
    expect((await keyway.tokens.get(connectionId, {})).kind).toBe('ok')
  })

  test('without a known end a token is good until somebody says otherwise', async () => {
    const { keyway, connectionId, server, clock, oauth } = await startExpired()
    const noEnd = { expiresAt: null, lifetimeSeconds: null }
    oauth.loss = (outcome) =>
      outcome.kind === 'ok' ? { ...outcome, response: { ...outcome.response, ...noEnd } } : outcome
    await keyway.tokens.get(connectionId, {})
    // The provider sent a lifetime before, so that one is assumed.
    expect(keyway.connections.record(connectionId)).toMatchObject({ expiresAt: clock.now() + HOUR_MS })
    expect(server.counts.refreshes).toBe(1)
  })
})
