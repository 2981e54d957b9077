// Notices that the wall clock was set, or that the machine slept: then it and the monotonic clock no longer agree.
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import type { Clock } from '../ports.ts'

/** A clock is corrected by less than this without anybody minding. */
export const JUMP_MS = 2_000
const LOOK_EVERY_MS = 60_000

export type ClockJumps = {
  /** Two readings of a clock; cheap enough for every call. */
  look(): void
  close(): void
}

/** `onJump` gets how far the wall clock ran ahead (sleep, or set forward) or fell back. Looks by itself once a minute. */
export function createClockJumps(clock: Clock, onJump: (byMs: number) => void): ClockJumps {
  const offset = (): number => clock.now() - clock.monotonicMs()
  let expected = offset()
  let cancel: () => void = () => undefined
  const look = (): void => {
    const byMs = offset() - expected
    if (Math.abs(byMs) < JUMP_MS) return
    expected += byMs
    onJump(byMs)
  }
  const lookLater = (): void => {
    cancel = clock.after(LOOK_EVERY_MS, () => {
      look()
      lookLater()
    })
  }
  lookLater()
  return { look, close: () => cancel() }
}

/** The record's moments by the clock as it goes now. Only a clock that was set back is answered so: one that ran ahead may have slept. */
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
