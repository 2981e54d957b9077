// Tokens in memory, and their remaining lifetime. The wall clock may be set, and the monotonic clock stops
// during sleep on some systems. So both are used and the shorter result counts.
import type { ConnectionRecord } from '../../../../shared/contract/connection.ts'
import { neededMs, marginMs } from '../../../../shared/domain/expiry.ts'
import type { Clock } from '../../ports.ts'
import type { ServedToken, TokenOptions } from './types.ts'

/** A token dated further in the future than this was dated by another clock. */
const PLAUSIBLE_MS = 60_000

type Dated = Pick<ConnectionRecord, 'id' | 'generation' | 'issuedAt' | 'expiresAt' | 'lifetimeSeconds'>

export type TokenClock = {
  /** A token set was received or loaded: from now on its expiry is known on the monotonic clock too. */
  observe(record: Dated, from: 'provider' | 'disk'): void
  /** Milliseconds until expiry, 0 or less if expired; Infinity if the provider sends no expiry. */
  remainingMs(record: Dated): number
  /** The expiry in monotonic milliseconds, for checks without the record. */
  endsAtMonotonic(record: Dated): number
  forget(id: string): void
}

export function createTokenClock(clock: Clock): TokenClock {
  const ends = new Map<string, { generation: number; endsAt: number }>()

  const see = (record: Dated, from: 'provider' | 'disk'): number => {
    const known = ends.get(record.id)
    if (known?.generation === record.generation) return known.endsAt
    // While Keyway was not running, the clock may have been set slightly, so the last part of the lifetime is
    // not trusted.
    const doubtMs = from === 'disk' ? marginMs(record.lifetimeSeconds) : 0
    const endsAt = clock.monotonicMs() + leftAtFirstSight(record, clock.now()) - doubtMs
    ends.set(record.id, { generation: record.generation, endsAt })
    return endsAt
  }
  const endsAtMonotonic = (record: Dated): number => see(record, 'provider')
  return {
    observe: (record, from) => void see(record, from),
    endsAtMonotonic,
    remainingMs(record) {
      const byMonotonic = endsAtMonotonic(record) - clock.monotonicMs()
      return record.expiresAt === null ? byMonotonic : Math.min(byMonotonic, record.expiresAt - clock.now())
    },
    forget: (id) => void ends.delete(id),
  }
}

function leftAtFirstSight({ issuedAt, expiresAt, lifetimeSeconds }: Dated, now: number): number {
  if (expiresAt === null) return Number.POSITIVE_INFINITY
  // The clock was set back since the token was issued. Its age is unknown, so it counts as expired and is
  // refreshed.
  if (issuedAt > now + PLAUSIBLE_MS) return 0
  const left = expiresAt - now
  return lifetimeSeconds === null ? left : Math.min(left, lifetimeSeconds * 1000)
}

// Detects that the wall clock was set or the machine slept: then it differs from the monotonic clock.

/** Smaller corrections of the clock are ignored. Milliseconds. */
export const JUMP_MS = 2_000
const LOOK_EVERY_MS = 60_000

export type ClockJumpDetector = {
  /** Reads two clocks; cheap enough for every call. */
  check(): void
  close(): void
}

/**
 * `onJump` receives by how many milliseconds the wall clock jumped forward (sleep, or set) or back. Also
 * checked once a minute.
 */
export function createClockJumpDetector(clock: Clock, onJump: (byMs: number) => void): ClockJumpDetector {
  const offset = (): number => clock.now() - clock.monotonicMs()
  let expected = offset()
  let cancel: () => void = () => undefined
  const check = (): void => {
    const byMs = offset() - expected
    if (Math.abs(byMs) < JUMP_MS) return
    expected += byMs
    onJump(byMs)
  }
  const lookLater = (): void => {
    cancel = clock.after(LOOK_EVERY_MS, () => {
      check()
      lookLater()
    })
  }
  lookLater()
  return { check, close: () => cancel() }
}

/**
 * The record with its times adjusted to the current clock. Only for a clock that was set back: a jump forward
 * may be sleep.
 */
export function redated(record: ConnectionRecord, byMs: number): ConnectionRecord {
  const moved = (moment: number | null): number | null => (moment === null ? null : moment + byMs)
  const { lastOutcome } = record
  return {
    ...record,
    issuedAt: record.issuedAt + byMs,
    expiresAt: moved(record.expiresAt),
    refreshTokenExpiresAt: moved(record.refreshTokenExpiresAt),
    verifiedAt: moved(record.verifiedAt),
    lastOutcome: { ...lastOutcome, at: lastOutcome.at + byMs, retryAt: moved(lastOutcome.retryAt) },
  }
}

// Caches tokens per connection. Reading allocates nothing; locking the vault clears it.

type Entry = {
  token: ServedToken
  /** The same token, for a request whose minimum lifetime no token of this provider meets. */
  shortened: ServedToken | null
  freshUntil: number
  freshUntilMonotonic: number
  /**
   * The difference of the expiry on the two clocks. It changes if the wall clock is set; then the expiry in
   * the token is wrong.
   */
  apartMs: number
}

export type TokenCache = {
  peek(connectionId: string, nowMs: number): ServedToken | null
  /** The cached token, even if it is not fresh. */
  get(connectionId: string): ServedToken | null
  shortened(connectionId: string): ServedToken | null
  put(token: ServedToken, fresh: { until: number; untilMonotonic: number }): ServedToken
  drop(connectionId: string): void
  clear(): void
}

export function createTokenCache(clock: Clock): TokenCache {
  const entries = new Map<string, Entry>()
  return {
    peek(connectionId, nowMs) {
      const entry = entries.get(connectionId)
      if (entry === undefined || nowMs >= entry.freshUntil) return null
      const monotonicMs = clock.monotonicMs()
      if (monotonicMs >= entry.freshUntilMonotonic) return null
      return monotonicMs - nowMs - entry.apartMs < JUMP_MS ? entry.token : null
    },
    get: (connectionId) => entries.get(connectionId)?.token ?? null,
    shortened(connectionId) {
      const entry = entries.get(connectionId)
      if (entry === undefined) return null
      entry.shortened ??= Object.freeze({ ...entry.token, maxLifetimeReached: true })
      return entry.shortened
    },
    put(token, fresh) {
      entries.set(token.connectionId, {
        token,
        shortened: null,
        freshUntil: fresh.until,
        freshUntilMonotonic: fresh.untilMonotonic,
        apartMs: clock.monotonicMs() - clock.now(),
      })
      return token
    },
    drop: (connectionId) => void entries.delete(connectionId),
    clear: () => entries.clear(),
  }
}

/** The requirements that a token must meet. */
export type TokenRequirements = {
  /** Minimum remaining milliseconds. */
  leastMs: number
  /** The generation that the API rejected; null if none. */
  notGeneration: number | null
}

export function requirementsOf(
  options: TokenOptions,
  record: Pick<ConnectionRecord, 'lifetimeSeconds' | 'generation'>,
  rejected: 'yes' | 'no',
): TokenRequirements {
  const { minValidSeconds } = options
  return {
    leastMs: neededMs({
      lifetimeSeconds: record.lifetimeSeconds,
      ...(minValidSeconds === undefined ? {} : { minValidSeconds }),
    }),
    notGeneration: rejected === 'yes' ? record.generation : null,
  }
}

export function meetsRequirements(
  record: ConnectionRecord,
  required: TokenRequirements,
  tokenClock: TokenClock,
): boolean {
  return record.generation !== required.notGeneration && tokenClock.remainingMs(record) > required.leastMs
}
