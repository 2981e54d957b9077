// Keeps one runaway program from spending a person's quota: so many requests a second to one provider, and a pause on an address that has
// just said 429. Waiting is better than refusing, as long as it is short.
import type { Clock } from '../../core/ports.ts'

export type RequestPace = {
  /** How long this request has to wait; it counts as sent then. `privateTarget`: a server of the person's own has no quota. */
  waitMs(request: { providerId: string; address: () => string; privateTarget: boolean }): number
  /** The API said when it wants to hear again. */
  pause(address: string, forMs: number): void
}

const PER_SECOND = 100
const BURST = 200
const LONGEST_PAUSE_MS = 60_000
const MOST_ADDRESSES = 1000

export function createRequestPace(clock: Clock): RequestPace {
  /** When the next request of a provider may leave, as the generic cell rate algorithm counts it. */
  const nextAt = new Map<string, number>()
  const pausedUntil = new Map<string, number>()
  return {
    waitMs({ providerId, address, privateTarget }) {
      const now = clock.monotonicMs()
      const paused = pausedUntil.size === 0 ? 0 : Math.max(0, (pausedUntil.get(address()) ?? 0) - now)
      if (privateTarget) return paused
      const due = Math.max(nextAt.get(providerId) ?? 0, now)
      nextAt.set(providerId, due + 1000 / PER_SECOND)
      return Math.max(paused, due - now - (BURST * 1000) / PER_SECOND, 0)
    },
    pause(address, forMs) {
      if (pausedUntil.size >= MOST_ADDRESSES) pausedUntil.clear()
      pausedUntil.set(address, clock.monotonicMs() + Math.min(forMs, LONGEST_PAUSE_MS))
    },
  }
}
