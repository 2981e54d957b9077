// The order of steps when a refresh token rotates, and the result if the disk fails at each step.
import { describe, expect, test } from 'vitest'
import type { TokenResult } from '../../../../electron/core/connections/tokens/types.ts'
import { openTokenSet } from '../../../../electron/core/connections/store/sealed.ts'
import { secretBoxOf } from '../../../../electron/core/vault/status.ts'
import type { RecordStore } from '../../../../electron/core/ports.ts'
import type { ConnectionRecord } from '../../../../shared/contract/connection.ts'
import { KeywayError } from '../../../../shared/contract/errors.ts'
import { Secret } from '../../../../shared/contract/secret.ts'
import { createMemoryRecordStore } from '../../../support/memory-ports.ts'
import { settle } from '../../../support/settle.ts'
import {
  memoryStores,
  PASSPHRASE,
  startConnected,
  startTestKeyway,
  type TestKeyway,
} from '../../../support/start-keyway.ts'

const HOUR_MS = 3600_000
const diskFull = (): KeywayError => new KeywayError('disk_full')

/** A store that records writes of connections and can make them fail. */
function watchedStore(): RecordStore & {
  faults: Array<KeywayError | null>
  broken: boolean
  writes: ConnectionRecord[]
} {
  const inner = createMemoryRecordStore()
  const store = {
    ...inner,
    faults: [] as Array<KeywayError | null>,
    broken: false,
    writes: [] as ConnectionRecord[],
    put(id: string, value: unknown) {
      const fault = store.faults.shift() ?? null
      if (fault !== null || store.broken) return Promise.reject(fault ?? diskFull())
      store.writes.push(value as ConnectionRecord)
      return inner.put(id, value)
    },
  }
  return store
}

async function startExpired(provider: Parameters<typeof startConnected>[0] = {}) {
  const connections = watchedStore()
  const started = await startConnected({ ...provider, stores: { ...memoryStores(), connections } })
  started.vault.lock()
  started.clock.advance(HOUR_MS)
  await settle()
  await started.vault.unlock(PASSPHRASE)
  connections.writes.length = 0
  return { ...started, disk: connections }
}

/** The process was killed; the next one finds what is on disk. */
const restart = ({ stores, clock, oauth, server }: TestKeyway): Promise<TestKeyway> =>
  startTestKeyway({ stores, clock, oauth, server })

const tokenOf = (result: TokenResult): string => {
  if (result.kind !== 'ok') throw new Error(`${result.kind}: ${result.failure.message}`)
  return result.token.accessToken.reveal()
}

describe('the order', () => {
  test('the refresh marker, the request, the response on disk, and only then the caller', async () => {
    const { keyway, connectionId, oauth, disk } = await startExpired()
    const seen: string[] = []
    oauth.script = () => {
      seen.push(`request, mark ${disk.writes.at(-1)?.refreshStartedAt === null ? 'absent' : 'on disk'}`)
      return undefined
    }
    const put = disk.put
    disk.put = (id, value) =>
      put(id, value).then(
        () => void seen.push(`generation ${(value as ConnectionRecord).generation} written`),
      )
    await keyway.tokens.get(connectionId, {}).then(() => seen.push('caller'))
    expect(seen).toEqual(['generation 1 written', 'request, mark on disk', 'generation 2 written', 'caller'])
    expect(disk.writes.at(-1)).toMatchObject({ refreshStartedAt: null, hasRefreshToken: true })
  })

  test('the generation before is kept, sealed, until the new one has worked', async () => {
    const { keyway, connectionId, vault } = await startExpired()
    const box = secretBoxOf(vault)
    const record = () => keyway.connections.record(connectionId)!
    const before = openTokenSet(box, record())
    await keyway.tokens.get(connectionId, {})
    expect(openTokenSet(box, record(), 'previous')).toEqual(before)
    expect(openTokenSet(box, record())).not.toEqual(before)
    keyway.tokens.reportApiOutcome(connectionId, 1, 'worked')
    expect(openTokenSet(box, record(), 'previous')).toEqual(before)
    keyway.tokens.reportApiOutcome(connectionId, 2, 'worked')
    expect(keyway.connections.record(connectionId)?.sealedPrevious).toBeNull()
  })

  test('the two exchanged, of another generation or of another provider: neither opens', async () => {
    const { keyway, connectionId, vault } = await startExpired()
    await keyway.tokens.get(connectionId, {})
    const box = secretBoxOf(vault)
    const record = keyway.connections.record(connectionId)!
    const previous = record.sealedPrevious ?? ''
    const misused: ConnectionRecord[] = [
      { ...record, sealedTokens: previous },
      { ...record, sealedTokens: previous, sealedPrevious: record.sealedTokens },
      { ...record, sealedTokens: previous, generation: record.generation - 1 },
      { ...record, generation: record.generation + 1 },
      { ...record, generation: record.generation - 1 },
      { ...record, providerId: 'prv_another' },
    ]
    expect(openTokenSet(box, record).accessToken).not.toBe('')
    for (const each of misused)
      expect(() => openTokenSet(box, each)).toThrow('does not belong where it stands')
  })

  test('no record holds a token in the clear', async () => {
    const { keyway, connectionId, disk } = await startExpired()
    const token = tokenOf(await keyway.tokens.get(connectionId, {}))
    const written = JSON.stringify(disk.writes)
    expect(written).not.toContain(token)
    expect(written).not.toContain('made-up-refresh')
  })
})

describe('a disk that cannot take the note', () => {
  test('nothing is sent that could use up a refresh token', async () => {
    const { keyway, connectionId, server, disk, clock } = await startExpired()
    disk.broken = true
    const result = await keyway.tokens.get(connectionId, {})
    expect(result).toMatchObject({ kind: 'retrying', failure: { code: 'disk_full' } })
    expect(server.counts.refreshes).toBe(0)
    expect(keyway.connections.get(connectionId)?.lastOutcome).toMatchObject({
      status: 'retrying',
      code: 'disk_full',
    })
    disk.broken = false
    clock.advance(2000)
    await settle()
    expect(server.isAlive(tokenOf(await keyway.tokens.get(connectionId, {})))).toBe(true)
  })

  test('the disk is looked at again every few seconds, however long it was full', async () => {
    const { keyway, connectionId, disk, clock, server } = await startExpired()
    disk.broken = true
    for (let minute = 0; minute < 60; minute += 1) {
      await keyway.tokens.get(connectionId, {})
      clock.advance(60_000)
      await settle()
    }
    disk.broken = false
    clock.advance(10_000)
    await settle()
    expect(server.isAlive(tokenOf(await keyway.tokens.get(connectionId, {})))).toBe(true)
  })

  test('a provider that surely does not rotate is asked all the same, and its token used from memory', async () => {
    const { keyway, connectionId, server, disk } = await startExpired({
      provider: { spec: { refresh: { rotates: 'no' } } },
    })
    server.rotates = false
    disk.broken = true
    expect(server.isAlive(tokenOf(await keyway.tokens.get(connectionId, {})))).toBe(true)
  })
})

describe('a disk that cannot store the response', () => {
  test('nobody gets the new token before it is saved; then everybody does, and the provider was asked once', async () => {
    const { keyway, connectionId, server, disk, clock, logger } = await startExpired()
    disk.faults = [null, diskFull(), diskFull()]
    const result = await keyway.tokens.get(connectionId, {})
    expect(result).toMatchObject({
      kind: 'retrying',
      retryAt: clock.now() + 500,
      failure: { code: 'disk_full' },
    })
    expect(
      logger.lines.some(({ level, message }) => level === 'error' && message.includes('could not be saved')),
    ).toBe(true)
    clock.advance(500)
    await settle()
    expect((await keyway.tokens.get(connectionId, {})).kind).toBe('retrying')
    clock.advance(1000)
    await settle()
    expect(server.isAlive(tokenOf(await keyway.tokens.get(connectionId, {})))).toBe(true)
    expect(server.counts).toMatchObject({ refreshes: 1, reuses: 0 })
    expect(disk.writes.at(-1)).toMatchObject({ generation: 2, lastOutcome: { status: 'ok' } })
  })

  test('is tried again at closing time', async () => {
    const { keyway, connectionId, disk } = await startExpired()
    disk.faults = [null, diskFull()]
    await keyway.tokens.get(connectionId, {})
    await keyway.close()
    expect(disk.writes.at(-1)).toMatchObject({ generation: 2 })
  })

  test('a response without rotation is served from memory', async () => {
    const { keyway, connectionId, server, disk } = await startExpired()
    server.rotates = false
    disk.faults = [null, diskFull()]
    expect(server.isAlive(tokenOf(await keyway.tokens.get(connectionId, {})))).toBe(true)
  })

  test('a crash then is the one window that nobody can close: reconnect needed, and it says why', async () => {
    const started = await startExpired()
    started.disk.faults = [null, diskFull()]
    await started.keyway.tokens.get(started.connectionId, {})
    const next = await restart(started)
    const result = await next.keyway.tokens.get(started.connectionId, {})
    expect(result.kind).toBe('reconnect_needed')
    expect(next.keyway.connections.get(started.connectionId)?.lastOutcome.message).toMatch(
      /stopped between the provider's answer and its saving/,
    )
    await expect(started.keyway.close()).resolves.toBeUndefined()
  })
})

describe('a crash', () => {
  test('before the request: the next start refreshes and serves', async () => {
    const started = await startExpired()
    started.oauth.script = () => new Promise(() => undefined)
    void started.keyway.tokens.get(started.connectionId, {}).catch(() => undefined)
    await settle()
    expect(started.disk.writes.at(-1)?.refreshStartedAt).not.toBeNull()
    started.oauth.script = null
    const next = await restart(started)
    expect(next.server.isAlive(tokenOf(await next.keyway.tokens.get(started.connectionId, {})))).toBe(true)
    expect(next.server.counts.reuses).toBe(0)
  })

  test('after the rotation and before its response is on disk: no invalid token, reconnect needed and why', async () => {
    const started = await startExpired()
    started.oauth.loss = () => new Promise(() => undefined)
    void started.keyway.tokens.get(started.connectionId, {}).catch(() => undefined)
    await settle()
    started.oauth.loss = null
    const next = await restart(started)
    const result = await next.keyway.tokens.get(started.connectionId, {})
    expect(result).toMatchObject({ kind: 'reconnect_needed', failure: { code: 'token_expired' } })
    expect(next.keyway.connections.get(started.connectionId)?.lastOutcome.message).toContain(
      'Keyway was stopped',
    )
  })

  test('after the response is on disk: the next start serves it', async () => {
    const started = await startExpired()
    const token = tokenOf(await started.keyway.tokens.get(started.connectionId, {}))
    const next = await restart(started)
    expect(tokenOf(await next.keyway.tokens.get(started.connectionId, {}))).toBe(token)
    expect(next.server.counts.refreshes).toBe(1)
  })

  test('with a token that would still be good: it is asked before anything is served', async () => {
    const started = await startConnected()
    started.oauth.loss = () => new Promise(() => undefined)
    void started.keyway.tokens.get(started.connectionId, { rejected: 'current' }).catch(() => undefined)
    await settle()
    started.oauth.loss = null
    const next = await restart(started)
    expect(next.keyway.tokens.peek(started.connectionId, next.clock.now())).toBeNull()
    expect((await next.keyway.tokens.get(started.connectionId, {})).kind).toBe('reconnect_needed')
  })
})

describe('in doubt after a crash', () => {
  async function crashedInTheWindow() {
    const started = await startConnected()
    started.oauth.loss = () => new Promise(() => undefined)
    void started.keyway.tokens.get(started.connectionId, { rejected: 'current' }).catch(() => undefined)
    await settle()
    started.oauth.loss = null
    return started
  }

  test('a token that would still be good is not served while the provider cannot be asked', async () => {
    const started = await crashedInTheWindow()
    started.oauth.script = () => ({
      kind: 'retry',
      code: 'http_503',
      message: 'Busy.',
      retryAfterMs: null,
      sent: true,
    })
    const next = await restart(started)
    expect((await next.keyway.tokens.get(started.connectionId, {})).kind).toBe('retrying')
    expect((await next.keyway.tokens.get(started.connectionId, { rejected: 'current' })).kind).toBe(
      'retrying',
    )
    expect(next.keyway.tokens.peek(started.connectionId, next.clock.now())).toBeNull()
  })

  // Found by the simulation: a rejection in between used to remove the marker, and with it the reason.
  test('a refusal in between does not make the reason forgotten', async () => {
    const started = await crashedInTheWindow()
    started.oauth.script = () => ({ kind: 'refused', code: 'http_403', message: 'Forbidden.' })
    const next = await restart(started)
    const refused = next.keyway.tokens.get(started.connectionId, {})
    await settle()
    next.clock.advance(1000)
    expect((await refused).kind).toBe('reconnect_needed')
    next.oauth.script = null
    const view = await next.keyway.connections.refresh(started.connectionId)
    expect(view.lastOutcome.message).toContain('Keyway was stopped')
  })
})

describe('a lost response', () => {
  test('is requested again; a provider that has rotated rejects it, and the reason is reported', async () => {
    const { keyway, connectionId, oauth, clock } = await startExpired()
    oauth.loss = () => ({
      kind: 'retry',
      code: 'timeout',
      message: 'No answer.',
      retryAfterMs: null,
      sent: true,
    })
    expect((await keyway.tokens.get(connectionId, {})).kind).toBe('retrying')
    oauth.loss = null
    clock.advance(2000)
    await settle()
    expect(await keyway.tokens.get(connectionId, {})).toMatchObject({ kind: 'reconnect_needed' })
    expect(keyway.connections.get(connectionId)?.lastOutcome.message).toContain('never arrived whole')
  })

  test('a request that never left leaves no doubt behind', async () => {
    const { keyway, connectionId, oauth, server, clock } = await startExpired()
    oauth.script = () => ({
      kind: 'retry',
      code: 'ECONNREFUSED',
      message: 'Refused.',
      retryAfterMs: null,
      sent: false,
    })
    await keyway.tokens.get(connectionId, {})
    expect(keyway.connections.record(connectionId)?.refreshStartedAt).toBeNull()
    oauth.script = null
    server.endAllGrants()
    clock.advance(2000)
    await settle()
    expect(keyway.connections.get(connectionId)?.lastOutcome.message).not.toContain('never arrived')
  })
})

test('a new refresh token that never worked is replaced by the previous one if the provider certainly does not rotate', async () => {
  const { keyway, connectionId, server, oauth, clock } = await startExpired({
    provider: { spec: { refresh: { rotates: 'no' } } },
  })
  server.rotates = false
  oauth.loss = (outcome) =>
    outcome.kind === 'ok'
      ? { ...outcome, response: { ...outcome.response, refreshToken: new Secret('made-up-garbage') } }
      : outcome
  await keyway.tokens.get(connectionId, {})
  oauth.loss = null
  clock.advance(HOUR_MS)
  await settle()
  expect(server.isAlive(tokenOf(await keyway.tokens.get(connectionId, {})))).toBe(true)
})

test('a disconnect while a response waits for the disk revokes its tokens', async () => {
  const { keyway, connectionId, server, oauth, disk } = await startExpired()
  disk.faults = [null, diskFull()]
  await keyway.tokens.get(connectionId, {})
  expect(server.counts.rotations).toBe(1)
  await keyway.connections.disconnect(connectionId)
  expect(server.refresh(oauth.revoked[0] ?? '')).toEqual({ error: 'invalid_grant' })
  expect(server.counts.reuses).toBe(0)
})

test('a revoked authorization is not shown as working if its file cannot be removed', async () => {
  const { keyway, connectionId, disk } = await startExpired()
  disk.remove = () => Promise.reject(new KeywayError('save_failed'))
  await expect(keyway.connections.disconnect(connectionId)).rejects.toMatchObject({ code: 'save_failed' })
  expect(keyway.connections.get(connectionId)?.lastOutcome.status).toBe('reconnect_needed')
  expect((await keyway.tokens.get(connectionId, {})).kind).toBe('reconnect_needed')
})

test('a token that arrives for a connection that was disconnected meanwhile is given back', async () => {
  const { keyway, connectionId, server, oauth, clock } = await startExpired()
  let release: () => void = () => undefined
  oauth.loss = (outcome) => new Promise((resolve) => (release = () => resolve(outcome)))
  void keyway.tokens.get(connectionId, {}).catch(() => undefined)
  await settle()
  const disconnecting = keyway.connections.disconnect(connectionId)
  await settle()
  clock.advance(3000)
  await disconnecting
  expect(keyway.connections.list()).toEqual([])
  const before = oauth.revoked.length
  release()
  await settle()
  expect(oauth.revoked.length).toBe(before + 1)
  expect(server.counts.revocations).toBe(2)
})
