// What to do with an answer's head: hand it on, or try again in a better way. Pure; the trip says what was tried before.
import { resolveTarget } from '../../../shared/domain/proxy-target.ts'
import type { ProxyPolicy } from '../../core/keyway.ts'
import type { ReturnedHeaders } from './forwarded-headers.ts'
import type { ProxiedCall } from './proxied-call.ts'

export type Move =
  | { kind: 'relay' }
  | { kind: 'fresh_token' }
  | { kind: 'with_nonce'; nonce: string }
  | { kind: 'wait'; delayMs: number }
  | { kind: 'redirect'; url: URL }

type Seen = {
  status: number
  head: ReturnedHeaders
  trip: {
    call: Pick<ProxiedCall, 'method' | 'body'>
    url: URL
    policy: ProxyPolicy
    token: { tokenType: string }
    nonce: string | null
    retriedToken: boolean
    waits: number
    redirects: number
  }
  /** Of the time that may be spent waiting. */
  leftMs: number
  nowMs: number
}

/** RFC 9110 9.2.2: repeating these is the same as sending them once. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
const MOST_WAITS = 3
const MOST_REDIRECTS = 5

export function nextMove(seen: Seen): Move {
  const { status, trip } = seen
  const replayable = trip.call.body === null || Buffer.isBuffer(trip.call.body)
  if (!replayable) return { kind: 'relay' }
  if (status === 401) return afterUnauthorized(seen)
  if (status === 429 || status === 503) return afterOverload(seen)
  return REDIRECTS.has(status) ? afterRedirect(seen) : { kind: 'relay' }
}

function afterUnauthorized({ head, trip }: Seen): Move {
  const nonce = headerOf(head.headers, 'dpop-nonce')
  // RFC 9449 9: the server wants a nonce of its own in the proof; the token itself may be fine.
  if (trip.token.tokenType.toLowerCase() === 'dpop' && nonce !== null && trip.nonce === null) {
    return { kind: 'with_nonce', nonce }
  }
  return trip.retriedToken ? { kind: 'relay' } : { kind: 'fresh_token' }
}

function afterOverload({ head, trip, leftMs, nowMs }: Seen): Move {
  const delayMs = retryAfterMs(head.retryAfter, nowMs)
  if (delayMs === null || !IDEMPOTENT.has(trip.call.method) || trip.waits >= MOST_WAITS || delayMs > leftMs) {
    return { kind: 'relay' }
  }
  return { kind: 'wait', delayMs }
}

/**
 * Within the same origin a redirect is followed for the caller, whose own client could not find the way. To any other origin it is handed
 * back as it is: credentials never follow.
 */
function afterRedirect({ head, trip }: Seen): Move {
  if (trip.call.method !== 'GET' && trip.call.method !== 'HEAD') return { kind: 'relay' }
  if (
    head.location === null ||
    trip.redirects >= MOST_REDIRECTS ||
    !URL.canParse(head.location, trip.url.href)
  ) {
    return { kind: 'relay' }
  }
  const url = new URL(head.location, trip.url)
  url.hash = ''
  if (url.origin !== trip.url.origin) return { kind: 'relay' }
  const target = resolveTarget(trip.policy, url.href)
  return target.kind === 'ok' ? { kind: 'redirect', url: target.url } : { kind: 'relay' }
}

/** Seconds or an HTTP date (RFC 9110 10.2.3). */
export function retryAfterMs(value: string | null, nowMs: number): number | null {
  if (value === null) return null
  if (/^\s*\d{1,9}\s*$/.test(value)) return Number(value) * 1000
  const at = Date.parse(value)
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs)
}

function headerOf(flat: readonly string[], wanted: string): string | null {
  const index = flat.findIndex((each, at) => at % 2 === 0 && each.toLowerCase() === wanted)
  return index === -1 ? null : (flat[index + 1] ?? null)
}
