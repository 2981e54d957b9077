import type { Clock } from '../ports.ts'

/** Callers may say that a token was refused, but not make Keyway hammer the provider with it. */
const LEAST_MS = 10_000

export type ForcedRefreshes = {
  /** How long this generation has to stay, because the one before was replaced a moment ago; 0 when it may be replaced now. */
  waitMs(id: string, generation: number): number
  /**
   * The same, and takes the right when there is one. All callers whose same token was refused have it together: they join the one refresh
   * that it takes. What fails is slowed down by its own backoff.
   */
  take(id: string, generation: number): number
  forget(id: string): void
}

export function createForcedRefreshes(clock: Clock): ForcedRefreshes {
  const last = new Map<string, { generation: number; at: number }>()
  const waitMs = (id: string, generation: number): number => {
    const before = last.get(id)
    if (before === undefined || before.generation === generation) return 0
    return Math.max(0, before.at + LEAST_MS - clock.monotonicMs())
  }
  return {
    waitMs,
    take(id, generation) {
      const leftMs = waitMs(id, generation)
      if (leftMs > 0 || last.get(id)?.generation === generation) return leftMs
      last.set(id, { generation, at: clock.monotonicMs() })
      return 0
    },
    forget: (id) => void last.delete(id),
  }
}
