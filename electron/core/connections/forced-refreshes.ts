import type { Clock } from '../ports.ts'

/** Callers may say that a token was refused, but not make Keyway hammer the provider with it. */
const LEAST_MS = 10_000

export type ForcedRefreshes = {
  /** Takes the right to force a refresh now; false when one was forced a moment ago. */
  take(id: string): boolean
  forget(id: string): void
}

export function createForcedRefreshes(clock: Clock): ForcedRefreshes {
  const lastAt = new Map<string, number>()
  return {
    take(id) {
      const now = clock.monotonicMs()
      const last = lastAt.get(id)
      if (last !== undefined && now - last < LEAST_MS) return false
      lastAt.set(id, now)
      return true
    },
    forget: (id) => void lastAt.delete(id),
  }
}
