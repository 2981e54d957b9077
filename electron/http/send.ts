// Every answer that Keyway itself gives leaves here, so that none can miss the headers which keep it out of caches and away from other pages.
import type { ServerResponse } from 'node:http'
import { asKeywayError, toErrorBody, type KeywayError } from '../../shared/contract/errors.ts'

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

/** The one translation of a failure into HTTP. Breaks off an answer that has started; does nothing when one is complete or nobody listens. */
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
