// Every response that Keyway itself makes is sent here, with the headers that keep it out of caches and away
// from other pages.
import type { ServerResponse } from 'node:http'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { asKeywayError, type KeywayError, toErrorBody } from '../../../shared/contract/errors.ts'
import type { HttpContext } from './context.ts'

export const COMMON_HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
} as const

export type ExtraHeaders = Readonly<Record<string, string>>

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: ExtraHeaders = {},
): void {
  const text = JSON.stringify(body)
  response.writeHead(status, {
    ...COMMON_HEADERS,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    ...headers,
  })
  response.end(text)
}

/**
 * The one translation of a failure into HTTP. Breaks off an answer that has started; does nothing when one is
 * complete or nobody listens.
 */
export function sendFailure(
  response: ServerResponse,
  thrown: unknown,
  headers: ExtraHeaders = {},
): KeywayError {
  const failure = asKeywayError(thrown)
  if (response.writableEnded) return failure
  if (response.headersSent) response.destroy()
  else if (!response.destroyed) {
    sendJson(response, failure.status, toErrorBody(failure), { ...failureHeaders(failure), ...headers })
  }
  return failure
}

export function failureHeaders(failure: KeywayError): Record<string, string> {
  const headers: Record<string, string> = {}
  if (failure.status === 401) headers['www-authenticate'] = 'Bearer realm="Keyway", ApiKey realm="Keyway"'
  const { retryAfterSeconds, allow } = failure.details
  if (typeof retryAfterSeconds === 'number')
    headers['retry-after'] = String(Math.max(1, Math.ceil(retryAfterSeconds)))
  if (typeof allow === 'string') headers['allow'] = allow
  return headers
}

/**
 * A failure of our own making goes to the log with its cause; everything else is an answer, not an incident.
 */
export function logInternal({ keyway }: HttpContext, failure: KeywayError): void {
  if (failure.code !== 'internal_error') return
  keyway.logger.error('A local call failed', { code: failure.code, cause: failure.cause })
}

// Nobody reads it; without one, each abort would make an error with a stack, at a tenth of what a whole call
// costs.
const REASON = 'the answer is over'

/** Aborts when the answer is over, whether it was sent or the caller went away: nobody waits any more. */
export function clientGone(response: ServerResponse): AbortSignal {
  const gone = new AbortController()
  if (response.destroyed) gone.abort(REASON)
  else response.once('close', () => gone.abort(REASON))
  return gone.signal
}

// Server-sent events on a response that the framework has let go of.

const HEARTBEAT_MS = 15_000
/** A reader that has not taken this much is gone or asleep; it gets everything anew when it comes back. */
const MOST_WAITING_BYTES = 4 * 1024 * 1024

export type EventStream = {
  send(event: string, data: unknown): void
  /** Called once, when the reader has gone or the server closes. */
  onEnd(end: () => void): void
  close(): void
}

export function openEventStream(response: ServerResponse, { closing }: HttpContext): EventStream {
  response.writeHead(200, {
    ...COMMON_HEADERS,
    'content-type': 'text/event-stream; charset=utf-8',
    'x-accel-buffering': 'no',
  })
  response.write('retry: 2000\n\n')
  const heartbeat = setInterval(() => response.write(': still here\n\n'), HEARTBEAT_MS)
  const close = (): void => void response.end()
  closing.addEventListener('abort', close)
  response.once('close', () => {
    clearInterval(heartbeat)
    closing.removeEventListener('abort', close)
  })
  return {
    send(event, data) {
      if (response.writableEnded || response.destroyed) return
      response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
      if (response.writableLength > MOST_WAITING_BYTES) response.destroy()
    },
    onEnd: (end) => void response.once('close', end),
    close,
  }
}

/** True for a browser; programs, which send `*`/`*` or JSON, get JSON. */
export function wantsPage(request: FastifyRequest): boolean {
  return (request.headers.accept ?? '').includes('text/html')
}

/** How long an idle connection is kept; a little longer than common clients do, so that they close first. */
export const KEEP_ALIVE_SECONDS = 72

/**
 * Enough to know that this is Keyway and that it works; nothing about anybody's accounts. `starting`: other
 * calls wait a moment.
 */
export const healthAnswer = z.strictObject({
  status: z.enum(['ok', 'starting']),
  service: z.literal('keyway'),
  vault: z.enum(['unlocked', 'locked']),
})

export function answerHealth({ keyway }: HttpContext, response: ServerResponse): void {
  const body: z.output<typeof healthAnswer> = {
    status: 'ok',
    service: 'keyway',
    vault: keyway.vault.unlocked ? 'unlocked' : 'locked',
  }
  sendJson(response, 200, body)
}
