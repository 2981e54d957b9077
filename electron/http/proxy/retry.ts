// Decides what to do with a response's head: relay it, or try again with a change. Pure; the request says
// what was tried before.
import type { TargetUrl } from '../../../shared/domain/proxy-target.ts'
import { readRetryAfter } from '../../../shared/domain/retry-after.ts'
import type { ProxyPolicy } from '../../core/keyway.ts'
import { isBound, type ReturnedHeaders } from './headers.ts'
import type { ProxiedCall } from './parse.ts'
import { followedRedirect, type Redirected } from './redirect.ts'
import type { AttemptResult } from './relay.ts'

export type Move =
  | { kind: 'relay' }
  | { kind: 'fresh_token' }
  | { kind: 'with_nonce' }
  | { kind: 'wait'; delayMs: number }
  | Redirected

type Seen = {
  status: number
  head: ReturnedHeaders
  proxyRequest: {
    call: Pick<ProxiedCall, 'method' | 'body'>
    url: TargetUrl
    policy: ProxyPolicy
    token: { tokenType: string }
    retriedToken: boolean
    retriedNonce: boolean
    waits: number
    redirects: number
  }
  /** Of the time that may be spent waiting. */
  leftMs: number
  nowMs: number
}

/** RFC 9110 9.2.2: repeating these is the same as sending them once. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])
const MOST_WAITS = 3

export function nextMove(seen: Seen): Move {
  const { status, proxyRequest } = seen
  if (!isReplayable(proxyRequest.call)) return { kind: 'relay' }
  if (status === 401) return afterUnauthorized(seen)
  if (status === 429 || status === 503) return afterOverload(seen)
  const { call, ...request } = proxyRequest
  return (
    followedRedirect(status, seen.head.location, { ...request, method: call.method }) ?? { kind: 'relay' }
  )
}

/** A body that was streamed is gone. */
function isReplayable({ body }: Seen['proxyRequest']['call']): boolean {
  return body === null || Buffer.isBuffer(body)
}

const DEAD_SOCKET: ReadonlySet<unknown> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])

/**
 * A server may close a kept connection just when the next request is written to it. What did not leave, or
 * may be repeated anyway, is sent once more (RFC 9112 9.3.1); anything else is never sent twice.
 */
export function maySendAgain(
  { call, resent }: Pick<Seen['proxyRequest'], 'call'> & { resent: boolean },
  { error, answered, sent }: Extract<AttemptResult, { kind: 'failed' }>,
): boolean {
  if (resent || answered || !isReplayable(call)) return false
  if (!DEAD_SOCKET.has((error as NodeJS.ErrnoException).code)) return false
  return !sent || IDEMPOTENT.has(call.method)
}

function afterUnauthorized({ head, proxyRequest }: Seen): Move {
  // RFC 9449 9: the server wants a nonce of its own in the proof; the token itself may be fine.
  if (
    isBound(proxyRequest.token) &&
    headerOf(head.headers, 'dpop-nonce') !== null &&
    !proxyRequest.retriedNonce
  ) {
    return { kind: 'with_nonce' }
  }
  return proxyRequest.retriedToken ? { kind: 'relay' } : { kind: 'fresh_token' }
}

function afterOverload({ head, proxyRequest, leftMs, nowMs }: Seen): Move {
  const delayMs = readRetryAfter(head.retryAfter, nowMs)
  if (
    delayMs === null ||
    !IDEMPOTENT.has(proxyRequest.call.method) ||
    proxyRequest.waits >= MOST_WAITS ||
    delayMs > leftMs
  ) {
    return { kind: 'relay' }
  }
  return { kind: 'wait', delayMs }
}

export function headerOf(flat: readonly string[], wanted: string): string | null {
  const index = flat.findIndex((each, at) => at % 2 === 0 && each.toLowerCase() === wanted)
  return index === -1 ? null : (flat[index + 1] ?? null)
}
