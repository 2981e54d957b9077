import type { Clock } from '../ports.ts'

export const TEN_MINUTES_MS = 10 * 60_000

/** A yes for ten minutes. Kept in memory only and by the monotonic clock: a restart, or a changed app, asks again. */
export type RememberedDecisions = {
  remember(appId: string, thing: string): void
  covers(appId: string, thing: string): boolean
  /** What still stands, and for how long. */
  of(appId: string): Array<{ thing: string; leftMs: number }>
  forget(appId: string): void
}

export function createRememberedDecisions(clock: Clock): RememberedDecisions {
  const ends = new Map<string, Map<string, number>>()
  return {
    remember(appId, thing) {
      const things = ends.get(appId) ?? new Map<string, number>()
      ends.set(appId, things)
      things.set(thing, clock.monotonicMs() + TEN_MINUTES_MS)
    },
    covers(appId, thing) {
      const end = ends.get(appId)?.get(thing)
      if (end === undefined) return false
      if (clock.monotonicMs() < end) return true
      ends.get(appId)?.delete(thing)
      return false
    },
    of(appId) {
      const now = clock.monotonicMs()
      return [...(ends.get(appId) ?? [])]
        .map(([thing, end]) => ({ thing, leftMs: end - now }))
        .filter(({ leftMs }) => leftMs > 0)
    },
    forget: (appId) => void ends.delete(appId),
  }
}
