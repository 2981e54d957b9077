// When a token ends and when it is time for a new one. All times are epoch ms of the local clock; a server's
// own dates are moved by the measured skew first, so that a wrong clock on either side does not matter.
import type { ConnectionRecord, ConnectionStatus } from '../contract/connection.ts'
import { type ErrorCode, errorTable } from '../contract/errors.ts'

/** Above this a lifetime is taken as "never ends". */
const FOREVER_SECONDS = 100 * 365 * 86_400
/** A duration this large can only be a date: seconds since 1970. */
const DATE_SECONDS = 1_000_000_000

export type DateFormat = 'epoch_seconds' | 'epoch_millis' | 'iso8601'

/**
 * A lifetime in seconds from whatever a server put there (number, text, date); null when it says nothing
 * usable.
 */
export function parseLifetime(
  value: unknown,
  about: { unit: 'seconds' | 'milliseconds'; serverNow: number },
): number | null {
  const number = asNumber(value)
  if (number === null) {
    const date = typeof value === 'string' && value.includes('-') ? Date.parse(value) : Number.NaN
    return Number.isNaN(date) ? null : positive((date - about.serverNow) / 1000)
  }
  const seconds = about.unit === 'milliseconds' ? number / 1000 : number
  if (seconds > DATE_SECONDS * 1000) return positive((seconds - about.serverNow) / 1000)
  if (seconds > DATE_SECONDS) return positive(seconds - about.serverNow / 1000)
  return positive(seconds)
}

/** A moment in epoch ms of the server's clock, or null. */
export function parseMoment(value: unknown, format: DateFormat): number | null {
  if (format === 'iso8601') {
    const date = typeof value === 'string' ? Date.parse(value) : Number.NaN
    return Number.isNaN(date) ? null : date
  }
  const number = asNumber(value)
  if (number === null || number <= 0) return null
  const moment = format === 'epoch_seconds' ? number * 1000 : number
  return Number.isSafeInteger(Math.round(moment)) && moment < 8.64e15 ? Math.round(moment) : null
}

/** Receipt time plus lifetime; null when the lifetime is not known or has no end. */
export function expiryOf(receivedAt: number, lifetimeSeconds: number | null): number | null {
  return lifetimeSeconds === null || lifetimeSeconds > FOREVER_SECONDS
    ? null
    : receivedAt + Math.round(lifetimeSeconds * 1000)
}

/**
 * How long before its end a token counts as used up: a minute, but never over a fifth of its life, so that
 * short tokens do not loop.
 */
export function marginMs(lifetimeSeconds: number | null): number {
  return lifetimeSeconds === null ? 60_000 : Math.min(60_000, (lifetimeSeconds * 1000) / 5)
}

export type Freshness = {
  now: number
  expiresAt: number | null
  lifetimeSeconds: number | null
  minValidSeconds?: number
}

/** Whether a token is good for an ask. Without a known end it is: then a refused call is what tells. */
export function isFresh(of: Freshness): boolean {
  return of.expiresAt === null || of.expiresAt - of.now > neededMs(of)
}

/**
 * Milliseconds that must be left. More than the provider's tokens can give is cut to what a new one can meet.
 */
export function neededMs(of: Pick<Freshness, 'lifetimeSeconds' | 'minValidSeconds'>): number {
  const margin = marginMs(of.lifetimeSeconds)
  if (of.minValidSeconds === undefined) return margin
  const asked = Math.max(0, of.minValidSeconds * 1000)
  return of.lifetimeSeconds === null
    ? asked
    : Math.min(asked, Math.max(0, of.lifetimeSeconds * 1000 - margin))
}

/** The ask wants more than any token of this provider lives. */
export function exceedsLifetime(
  lifetimeSeconds: number | null,
  minValidSeconds: number | undefined,
): boolean {
  return lifetimeSeconds !== null && minValidSeconds !== undefined && minValidSeconds > lifetimeSeconds
}

function positive(seconds: number): number | null {
  return Number.isFinite(seconds) && seconds > 0 ? seconds : null
}

function asNumber(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value !== 'string' || !/^\s*-?\d+(?:\.\d+)?\s*$/.test(value)) return null
  return Number(value)
}

// What the window may say of a connection, worked out from its last real outcome and its times; nothing is
// assumed from "a token exists".

export type LastOutcome = ConnectionRecord['lastOutcome']

export const okOutcome = (at: number): LastOutcome => ({
  status: 'ok',
  code: null,
  message: null,
  nextStep: null,
  at,
  retryAt: null,
})

/** An outcome other than ok, with the table's words where none more precise are given. */
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
 * When the connection stops working without a person: the access token's end when nothing refreshes it, else
 * the refresh token's.
 */
export function stopsWorkingAt(
  record: Pick<ConnectionRecord, 'expiresAt' | 'refreshTokenExpiresAt'>,
  refreshable: 'yes' | 'no',
): number | null {
  return refreshable === 'yes' ? record.refreshTokenExpiresAt : record.expiresAt
}
