// Retry backoff after a failed refresh. It is kept in memory and on the monotonic clock, so that a change of
// the wall clock causes neither a burst nor an endless wait. The person sees the same time as wall time.
import type { ConnectionRecord } from '../../../../shared/contract/connection.ts'
import type { ProviderSpec } from '../../../../shared/contract/provider-spec.ts'
import type { Clock } from '../../ports.ts'

const QUICK = { firstMs: 1_000, mostMs: 5 * 60_000 }
/** For rejections, which are rarely temporary but can be (a firewall, an outage). */
const SLOW = { firstMs: 15 * 60_000, mostMs: 6 * 60 * 60_000 }
/** For failed disk writes. A short delay, because retries cost the provider nothing. */
const DISK = { firstMs: 1_000, mostMs: 10_000 }
/** Longest Retry-After that is followed; after that the provider is asked once a day. */
const MAX_PATIENCE_MS = 24 * 60 * 60_000

export type Backoff = {
  /** Epoch milliseconds before which no request may be sent; null if one may. */
  blockedUntil(id: string): number | null
  /** How many attempts failed in a row. */
  failures(id: string): number
  /** Records a temporary failure. Returns the time of the next attempt in epoch milliseconds. */
  failed(id: string, retryAfterMs: number | null): number
  /**
   * Records that no request was sent because the refresh marker could not be written. Returns the time of the
   * next attempt in epoch milliseconds.
   */
  notSaved(id: string): number
  /** Records a rejection. Returns the time of the next attempt in epoch milliseconds. */
  refused(id: string): number
  /** Ends the backoff after a success or for a request of the person. */
  clear(id: string): void
  /** Adds time that the monotonic clock did not count because the machine slept. */
  slept(forMs: number): void
}

export function createBackoff({ clock, random }: { clock: Clock; random: () => number }): Backoff {
  const states = new Map<string, { failures: number; notBefore: number }>()

  const block = (id: string, ladder: typeof QUICK, leastMs: number): number => {
    const failures = states.get(id)?.failures ?? 0
    const step = Math.min(ladder.mostMs, ladder.firstMs * 2 ** Math.min(failures, 20))
    // Half of the step is jitter, so that ten thousand connections that failed together do not retry
    // together.
    const delayMs = Math.max(step * (0.5 + random() / 2), leastMs)
    states.set(id, { failures: failures + 1, notBefore: clock.monotonicMs() + delayMs })
    return Math.ceil(clock.now() + delayMs)
  }
  return {
    blockedUntil(id) {
      const left = (states.get(id)?.notBefore ?? 0) - clock.monotonicMs()
      return left > 0 ? Math.ceil(clock.now() + left) : null
    },
    failures: (id) => states.get(id)?.failures ?? 0,
    failed: (id, retryAfterMs) => block(id, QUICK, Math.min(retryAfterMs ?? 0, MAX_PATIENCE_MS)),
    notSaved: (id) => block(id, DISK, 0),
    refused: (id) => block(id, SLOW, 0),
    clear: (id) => void states.delete(id),
    slept(forMs) {
      for (const state of states.values()) state.notBefore -= forMs
    },
  }
}

/**
 * How a connection gets its next token without the person. `exchange` requires that the old access token is
 * still valid.
 */
export type RefreshMethod = 'refresh_token' | 'exchange' | 'client_credentials' | 'none'

export function refreshMethod(
  record: Pick<ConnectionRecord, 'how' | 'hasRefreshToken'>,
  spec: Pick<ProviderSpec, 'refresh'>,
): RefreshMethod {
  if (record.how === 'client_credentials') return 'client_credentials'
  if (spec.refresh.style === 'exchange-access-token') return 'exchange'
  return record.hasRefreshToken && spec.refresh.supported !== 'no' ? 'refresh_token' : 'none'
}
