// When a token expires and when to refresh it. All times are epoch ms of the local clock. A server's own
// dates are first corrected by the measured clock skew, so that a wrong clock on either side does not matter.
import type { ConnectionRecord, ConnectionStatus } from '../contract/connection.ts'
import { type ErrorCode, errorTable } from '../contract/errors.ts'
import { parseJsonOr } from './exact-json.ts'

/** A lifetime above this counts as unlimited. */
const FOREVER_SECONDS = 100 * 365 * 86_400
/** A duration this large can only be a date: seconds since 1970. */
const DATE_SECONDS = 1_000_000_000

export type DateFormat = 'epoch_seconds' | 'epoch_millis' | 'iso8601'

/** Parses a lifetime in seconds from what servers send (number, text, date); null when it is not usable. */
export function parseLifetime(
  value: unknown,
  about: { unit: 'seconds' | 'milliseconds'; serverNow: number },
): number | null {
  const number = asNumber(value)
  if (number === null) {
    const date = typeof value === 'string' && /[-:]/.test(value) ? parseDate(value) : null
    return date === null ? null : positive((date - about.serverNow) / 1000)
  }
  const seconds = about.unit === 'milliseconds' ? number / 1000 : number
  if (seconds > DATE_SECONDS * 1000) return positive((seconds - about.serverNow) / 1000)
  if (seconds > DATE_SECONDS) return positive(seconds - about.serverNow / 1000)
  return positive(seconds)
}

/** A date without a time zone is UTC, not the local time of this computer. */
function parseDate(text: string): number | null {
  const isBare = /^\s*\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?\s*$/.test(text)
  const date = Date.parse(isBare ? `${text.trim().replace(' ', 'T')}Z` : text)
  return Number.isNaN(date) ? null : date
}

/** Tokens with an end further away than this are not believed to state it. Ten years. */
const MAX_JWT_MS = 10 * 365 * 86_400_000
const MAX_JWT_CHARACTERS = 100_000

/**
 * The seconds until the `exp` of a token that is a JWT; null for any other token, and where `exp` is past or
 * not credible. A token is opaque to its client (RFC 6749 1.4), so this is used only when nothing else tells.
 */
export function jwtLifetime(token: string | null, serverNow: number): number | null {
  const [header, payload, signature, more] = (token ?? '').split('.', 4)
  const isLong = (token ?? '').length > MAX_JWT_CHARACTERS
  if (
    header === undefined ||
    payload === undefined ||
    signature === undefined ||
    more !== undefined ||
    isLong
  )
    return null
  const { alg } = jsonObjectIn(header)
  const end = parseMoment(jsonObjectIn(payload)['exp'], 'epoch_seconds')
  if (typeof alg !== 'string' || end === null || end <= serverNow || end > serverNow + MAX_JWT_MS) return null
  return (end - serverNow) / 1000
}

function jsonObjectIn(encoded: string): Readonly<Record<string, unknown>> {
  try {
    const found = parseJsonOr(atob(encoded.replaceAll('-', '+').replaceAll('_', '/')))
    return found !== null && typeof found === 'object' ? (found as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** Parses a time to epoch ms of the server's clock, or null. */
export function parseMoment(value: unknown, format: DateFormat): number | null {
  if (format === 'iso8601') {
    return typeof value === 'string' ? parseDate(value) : null
  }
  const number = asNumber(value)
  if (number === null || number <= 0) return null
  const moment = format === 'epoch_seconds' ? number * 1000 : number
  return Number.isSafeInteger(Math.round(moment)) && moment < 8.64e15 ? Math.round(moment) : null
}

/** Time of receipt plus lifetime; null when the lifetime is unknown or unlimited. */
export function expiryOf(receivedAt: number, lifetimeSeconds: number | null): number | null {
  return lifetimeSeconds === null || lifetimeSeconds > FOREVER_SECONDS
    ? null
    : receivedAt + Math.round(lifetimeSeconds * 1000)
}

/**
 * How long before its expiry a token is refreshed, in ms: a minute, but never more than a fifth of its
 * lifetime, so that tokens with a short lifetime are not refreshed in a loop.
 */
export function marginMs(lifetimeSeconds: number | null): number {
  return lifetimeSeconds === null ? 60_000 : Math.min(60_000, (lifetimeSeconds * 1000) / 5)
}

/**
 * Milliseconds that must remain. A larger request than the provider's tokens can meet is capped to what a new
 * token can meet.
 */
export function neededMs(of: { lifetimeSeconds: number | null; minValidSeconds?: number }): number {
  const margin = marginMs(of.lifetimeSeconds)
  if (of.minValidSeconds === undefined) return margin
  const asked = Math.max(0, of.minValidSeconds * 1000)
  return of.lifetimeSeconds === null
    ? asked
    : Math.min(asked, Math.max(0, of.lifetimeSeconds * 1000 - margin))
}

function positive(seconds: number): number | null {
  return Number.isFinite(seconds) && seconds > 0 ? seconds : null
}

function asNumber(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value !== 'string' || !/^\s*-?\d+(?:\.\d+)?\s*$/.test(value)) return null
  return Number(value)
}

// The last real outcome of a token request. The window derives its text from it and assumes nothing from the
// existence of a token.

export type LastOutcome = ConnectionRecord['lastOutcome']

export const okOutcome = (at: number): LastOutcome => ({
  status: 'ok',
  code: null,
  message: null,
  nextStep: null,
  at,
  retryAt: null,
})

/** An outcome other than ok, with the table's sentences unless more precise ones are given. */
export function failedOutcome(
  status: Exclude<ConnectionStatus, 'ok'>,
  failure: { code: ErrorCode; message?: string; nextStep?: string; at: number; retryAt?: number | null },
): LastOutcome {
  return {
    status,
    code: failure.code,
    message: failure.message ?? errorTable[failure.code].sentence,
    nextStep: failure.nextStep ?? errorTable[failure.code].nextStep.api,
    at: failure.at,
    retryAt: failure.retryAt ?? null,
  }
}

/**
 * When the connection stops working without the person: the access token's expiry when nothing refreshes it,
 * otherwise the refresh token's.
 */
export function stopsWorkingAt(
  record: Pick<ConnectionRecord, 'expiresAt' | 'refreshTokenExpiresAt'>,
  refreshable: 'yes' | 'no',
): number | null {
  return refreshable === 'yes' ? record.refreshTokenExpiresAt : record.expiresAt
}
