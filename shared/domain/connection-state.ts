// What may be said of a connection: from its last real outcome, from when its token was last seen to work,
// and from its end.
import type { ConnectionRecord, ConnectionView } from '../contract/connection.ts'

/** An end that comes within this time, and that only a person can put off, is a warning. */
export const ENDS_SOON_MS = 3 * 24 * 60 * 60 * 1000

export type ConnectionEnd = {
  /** Epoch ms. */
  at: number
  because: 'no_refresh_token' | 'cannot_refresh' | 'refresh_token_expires'
}

/**
 * `verified`: the provider issued this token, or its API took it, at `verifiedAt`. Whether it was revoked
 * since, nobody can know. `not_verified`: somebody said that this is a token, and nothing has shown it yet.
 */
export type ConnectionState = {
  kind: 'reconnect_needed' | 'config_error' | 'retrying' | 'ended' | 'ends' | 'not_verified' | 'verified'
  verifiedAt: number | null
  /** Null: no end is known, or something renews it before. */
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
 * A token from the provider's own token endpoint counts as seen to work when it was issued; a pasted one only
 * once something took it.
 */
export function verifiedAt(record: Pick<ConnectionRecord, 'verifiedAt' | 'how' | 'issuedAt'>): number | null {
  return record.verifiedAt ?? (record.how === 'pasted_access_token' ? null : record.issuedAt)
}

/**
 * Records from before this was noted: what a token endpoint leaves out is as it was asked for (RFC 6749 5.1).
 */
export function scopesConfirmed(record: Pick<ConnectionRecord, 'scopesConfirmed' | 'how'>): boolean {
  return record.scopesConfirmed ?? record.how !== 'pasted_access_token'
}

/**
 * What an API's answer says of the token that came with the request; null: nothing. A 403, 404 or 5xx proves
 * neither.
 */
export function tokenVerdict(httpStatus: number): 'worked' | 'unauthorized' | null {
  if (httpStatus === 401) return 'unauthorized'
  return (httpStatus >= 200 && httpStatus < 300) || httpStatus === 304 ? 'worked' : null
}
