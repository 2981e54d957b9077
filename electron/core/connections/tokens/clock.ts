// How long tokens really have left. The wall clock alone lies after it was set; the monotonic one stands
// still on some systems while the machine sleeps. So both count, and the shorter answer wins.
import type { ConnectionRecord } from '../../../../shared/contract/connection.ts'
import { marginMs } from '../../../../shared/domain/expiry.ts'
import type { Clock } from '../../ports.ts'

/** A token from "the future" by more than this was dated by another clock. */
const PLAUSIBLE_MS = 60_000

type Dated = Pick<ConnectionRecord, 'id' | 'generation' | 'issuedAt' | 'expiresAt' | 'lifetimeSeconds'>

export type TokenClock = {
  /** A token set came, or was found on disk: from now on its end is known on the monotonic clock too. */
  observe(record: Dated, from: 'provider' | 'disk'): void
  /** Milliseconds until the token ends, 0 or less when it has; Infinity when the provider tells no end. */
  remainingMs(record: Dated): number
  /** The monotonic moment of the token's end, for checks without the record. */
  endsAtMonotonic(record: Dated): number
  forget(id: string): void
}

export function createTokenClock(clock: Clock): TokenClock {
  const ends = new Map<string, { generation: number; endsAt: number }>()

  const see = (record: Dated, from: 'provider' | 'disk'): number => {
    const known = ends.get(record.id)
    if (known?.generation === record.generation) return known.endsAt
    // While Keyway did not run, the clock may have been set a little; nobody saw it, so the last stretch is
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
  // The clock has been set back since the token came: nobody knows how old it is, so it counts as used up and
  // a refresh decides.
  if (issuedAt > now + PLAUSIBLE_MS) return 0
  const left = expiresAt - now
  return lifetimeSeconds === null ? left : Math.min(left, lifetimeSeconds * 1000)
}

// Notices that the wall clock was set, or that the machine slept: then it and the monotonic clock no longer
// agree.

/** A clock is corrected by less than this without anybody minding. */
export const JUMP_MS = 2_000
const LOOK_EVERY_MS = 60_000

export type ClockJumpDetector = {
  /** Two readings of a clock; cheap enough for every call. */
  check(): void
  close(): void
}

/**
 * `onJump` gets how far the wall clock ran ahead (sleep, or set forward) or fell back. Looks by itself once a
 * minute.
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
 * The record's moments by the clock as it goes now. Only a clock that was set back is answered so: one that
 * ran ahead may have slept.
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
