import type { Clock } from '../ports.ts'

/** Callers may say that a token was refused, but not make Keyway hammer the provider with it. */
const LEAST_MS = 10_000

export type ForcedRefreshes = {
  /**
   * Takes the right to have this generation replaced now; false when an earlier one was a moment ago. All callers whose same token was
   * refused have the right together: they join the one refresh that it takes. What fails is slowed down by its own backoff.
   */
  take(id: string, generation: number): boolean
  forget(id: string): void
}

export function createForcedRefreshes(clock: Clock): ForcedRefreshes {
  const last = new Map<string, { generation: number; at: number }>()
  return {
    take(id, generation) {
      const before = last.get(id)
      if (before?.generation === generation) return true
      const at = clock.monotonicMs()
      if (before !== undefined && at - before.at < LEAST_MS) return false
      last.set(id, { generation, at })
      return true
    },
    forget: (id) => void last.delete(id),
  }
}
