// The remaining lifetime of tokens. The wall clock may be set, and the monotonic clock stops during sleep on
// some systems. So both are used and the shorter result counts.
import type { ConnectionRecord } from '../../../../shared/contract/connection.ts'
import { marginMs } from '../../../../shared/domain/expiry.ts'
import type { Clock } from '../../ports.ts'

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
