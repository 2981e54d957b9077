// Caches tokens per connection. Reading allocates nothing; locking the vault clears it.
import type { Clock } from '../../ports.ts'
import { JUMP_MS } from './clock.ts'
import type { ServedToken } from './types.ts'

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
