// Tokens ready to be handed out, by connection. Reading allocates nothing; a lock of the vault empties it.
import type { Clock } from '../../ports.ts'
import { JUMP_MS } from './clock.ts'
import type { ServedToken } from './types.ts'

type Entry = {
  token: ServedToken
  /** The same token for an ask that no token of this provider can meet in full. */
  shortened: ServedToken | null
  freshUntil: number
  freshUntilMonotonic: number
  /**
   * How far the two ends are apart by the two clocks; it changes when the wall clock is set, and then what
   * the token says is wrong.
   */
  apartMs: number
}

export type TokenCache = {
  peek(connectionId: string, nowMs: number): ServedToken | null
  /** Whether or not it is still fresh. */
  held(connectionId: string): ServedToken | null
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
    held: (connectionId) => entries.get(connectionId)?.token ?? null,
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
