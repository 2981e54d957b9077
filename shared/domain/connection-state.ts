// Derives the state of a connection from its last outcome, the time its token was last verified, and its end.
import type { ConnectionRecord, ConnectionView } from '../contract/connection.ts'

/** An end within this time that only a person can postpone is a warning. */
export const ENDS_SOON_MS = 3 * 24 * 60 * 60 * 1000

export type ConnectionEnd = {
  /** Epoch ms. */
  at: number
  because: 'no_refresh_token' | 'cannot_refresh' | 'refresh_token_expires'
}

/**
 * `verified`: the provider issued this token, or its API accepted it, at `verifiedAt`. Whether it was revoked
 * since is unknown. `not_verified`: the token was pasted, and nothing has accepted it yet.
 */
export type ConnectionState = {
  kind: 'reconnect_needed' | 'config_error' | 'retrying' | 'ended' | 'ends' | 'not_verified' | 'verified'
  verifiedAt: number | null
  /** Null: no end is known, or a refresh comes before it. */
  end: ConnectionEnd | null
}

type Facts = Pick<
  ConnectionView,
  'lastOutcome' | 'verifiedAt' | 'stopsWorkingAt' | 'hasRefreshToken' | 'refreshTokenExpiresAt'
>

export function connectionState(facts: Facts, now: number): ConnectionState {
  const about = { verifiedAt: facts.verifiedAt, end: endOf(facts) }
  const { status } = facts.lastOutcome
  if (status !== 'ok') return { kind: status, ...about }
  const leftMs = about.end === null ? Infinity : about.end.at - now
  if (leftMs <= 0) return { kind: 'ended', ...about }
  if (about.verifiedAt === null) return { kind: 'not_verified', ...about }
  return { kind: leftMs < ENDS_SOON_MS ? 'ends' : 'verified', ...about }
}

function endOf({ stopsWorkingAt, hasRefreshToken, refreshTokenExpiresAt }: Facts): ConnectionEnd | null {
  if (stopsWorkingAt === null) return null
  if (!hasRefreshToken) return { at: stopsWorkingAt, because: 'no_refresh_token' }
  const because = stopsWorkingAt === refreshTokenExpiresAt ? 'refresh_token_expires' : 'cannot_refresh'
  return { at: stopsWorkingAt, because }
}

/**
 * A token from the provider's token endpoint counts as verified when it was issued; a pasted one only once it
 * was accepted.
 */
export function verifiedAt(record: Pick<ConnectionRecord, 'verifiedAt' | 'how' | 'issuedAt'>): number | null {
  return record.verifiedAt ?? (record.how === 'pasted_access_token' ? null : record.issuedAt)
}

/**
 * Records from before this was stored: scopes that a token endpoint omits are granted as requested (RFC 6749
 * 5.1).
 */
export function scopesConfirmed(record: Pick<ConnectionRecord, 'scopesConfirmed' | 'how'>): boolean {
  return record.scopesConfirmed ?? record.how !== 'pasted_access_token'
}

/**
 * What an API's response says about the token of the request; null: nothing. A 403, 404 or 5xx proves
 * neither.
 */
export function tokenVerdict(httpStatus: number): 'worked' | 'unauthorized' | null {
  if (httpStatus === 401) return 'unauthorized'
  return (httpStatus >= 200 && httpStatus < 300) || httpStatus === 304 ? 'worked' : null
}
