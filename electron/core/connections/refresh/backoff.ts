// When a connection may be tried again after a failure. Kept in memory and on the monotonic clock, so that
// setting the wall clock neither hammers a provider nor waits for ever; what the person sees is the same
// moment in wall time.
import type { ConnectionRecord } from '../../../../shared/contract/connection.ts'
import type { ProviderSpec } from '../../../../shared/contract/provider-spec.ts'
import type { Clock } from '../../ports.ts'

const QUICK = { firstMs: 1_000, mostMs: 5 * 60_000 }
/** For refusals, which seldom pass by themselves but do (a firewall, a provider's bad day). */
const SLOW = { firstMs: 15 * 60_000, mostMs: 6 * 60 * 60_000 }
/** For the own disk, which is asked again soon: trying costs nobody anything. */
const DISK = { firstMs: 1_000, mostMs: 10_000 }
/** A provider that asks for more patience than this is asked once a day all the same. */
const MOST_PATIENCE_MS = 24 * 60 * 60_000

export type Backoff = {
  /** Epoch ms before which no request goes out, or null when one may. */
  blockedUntil(id: string): number | null
  /** Notes a passing failure; returns the epoch ms of the next try. */
  failed(id: string, retryAfterMs: number | null): number
  /**
   * Notes that nothing was sent, because the disk took no note of it; returns the epoch ms of the next try.
   */
  notSaved(id: string): number
  /** Notes a refusal; returns the epoch ms of the next try. */
  refused(id: string): number
  /** What a person asks for, or what worked, waits for nothing. */
  clear(id: string): void
  /** Time has passed that the monotonic clock did not count: the machine slept. */
  slept(forMs: number): void
}

export function createBackoff({ clock, random }: { clock: Clock; random: () => number }): Backoff {
  const states = new Map<string, { failures: number; notBefore: number }>()

  const block = (id: string, ladder: typeof QUICK, leastMs: number): number => {
    const failures = states.get(id)?.failures ?? 0
    const step = Math.min(ladder.mostMs, ladder.firstMs * 2 ** Math.min(failures, 20))
    // Half of the step is jitter, so that ten thousand connections that failed together do not come back
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
    failed: (id, retryAfterMs) => block(id, QUICK, Math.min(retryAfterMs ?? 0, MOST_PATIENCE_MS)),
    notSaved: (id) => block(id, DISK, 0),
    refused: (id) => block(id, SLOW, 0),
    clear: (id) => void states.delete(id),
    slept(forMs) {
      for (const state of states.values()) state.notBefore -= forMs
    },
  }
}

/**
 * How a connection gets its next token without a person. `exchange` needs the old access token to be alive
 * still.
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
