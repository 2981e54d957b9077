// Limits how fast requests are sent to one provider, so that one program does not spend a person's quota.
// The rate is shared evenly by the programs that use the provider, and an address that answered 429 is
// paused. A short wait is better than a refusal. A request that would have to wait too long is refused and
// does not count.
import { KeywayError } from '../../../shared/contract/errors.ts'
import { BoundedMap } from '../../core/bounded-map.ts'
import type { Clock } from '../../core/ports.ts'
import { clientGone } from '../server/respond.ts'
import type { ProxyRequest } from './request.ts'

export type PacedRequest = {
  providerId: string
  appId: string
  address: () => string
  /** A server of the person's own has no quota. */
  privateTarget: boolean
  /** What it can still wait. */
  mostMs: number
}

export type RequestPace = {
  /** How long this request has to wait; it counts as sent then, unless that is longer than it can. */
  waitMs(request: PacedRequest): number
  /** The API said when it wants to hear again. */
  pause(address: string, forMs: number): void
}

const PER_SECOND = 100
const BURST = 200
/** After this long without a request a program has no share any more. */
const SHARE_MS = 1000
const LONGEST_PAUSE_MS = 60_000
const MOST_ADDRESSES = 1000

export function createRequestPace(clock: Clock): RequestPace {
  /** By provider and app: when its next request may leave, as the generic cell rate algorithm counts it. */
  const providers = new Map<string, Map<string, number>>()
  const pausedUntil = new BoundedMap<string, number>(MOST_ADDRESSES)

  const book = ({ providerId, appId, mostMs }: PacedRequest, now: number): number => {
    const apps = providers.get(providerId) ?? new Map<string, number>()
    providers.set(providerId, apps)
    for (const [id, next] of apps) if (next < now - SHARE_MS) apps.delete(id)
    const due = Math.max(apps.get(appId) ?? 0, now)
    const wait = Math.max(0, due - now - (BURST * 1000) / PER_SECOND)
    const sharers = apps.size + (apps.has(appId) ? 0 : 1)
    if (wait <= mostMs) apps.set(appId, due + (1000 / PER_SECOND) * sharers)
    return wait
  }

  return {
    waitMs(request) {
      const now = clock.monotonicMs()
      const { address, privateTarget, mostMs } = request
      const paused = pausedUntil.size === 0 ? 0 : Math.max(0, (pausedUntil.get(address()) ?? 0) - now)
      if (privateTarget || paused > mostMs) return paused
      return Math.max(paused, book(request, now))
    },
    pause(address, forMs) {
      pausedUntil.set(address, clock.monotonicMs() + Math.min(forMs, LONGEST_PAUSE_MS))
    },
  }
}

const BUDGET_MS = 15_000

/** The time that one request may still spend waiting for its turn. */
export function leftMs(clock: Clock, { leavesAt }: Pick<ProxyRequest, 'leavesAt'>): number {
  return Math.max(0, leavesAt + BUDGET_MS - clock.monotonicMs())
}

/**
 * @throws KeywayError rate_limited when it would take longer than is left, deadline_exceeded when the caller
 * went away
 */
export async function waitWithin(
  clock: Clock,
  proxyRequest: Pick<ProxyRequest, 'leavesAt' | 'response'>,
  delayMs: number,
): Promise<void> {
  if (delayMs > leftMs(clock, proxyRequest)) {
    throw new KeywayError('rate_limited', {
      message: 'More requests than this provider takes right now.',
      details: { retryAfterSeconds: Math.ceil(delayMs / 1000) },
    })
  }
  const gone = clientGone(proxyRequest.response)
  await new Promise<void>((resolve) => {
    const over = (): void => {
      cancel()
      gone.removeEventListener('abort', over)
      resolve()
    }
    const cancel = clock.after(delayMs, over)
    gone.addEventListener('abort', over)
    if (gone.aborted) over()
  })
  if (gone.aborted) throw new KeywayError('deadline_exceeded', { message: 'The caller has gone.' })
}
