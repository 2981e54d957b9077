// When a connection is renewed without anybody asking. Pure.
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import type { ProviderSpec } from '../../../shared/contract/provider-spec.ts'
import { marginMs } from '../../../shared/domain/expiry.ts'
import { refreshWay } from './refresh-way.ts'

/** Tokens that live shorter than this are not renewed for nobody. */
const SHORT_LIFE_MS = 60 * 60_000
const LEAST_IDLE_MS = 60_000
/** A token that a provider lets live long is renewed at half its life where only a living one can be. */
const EXCHANGE_SHARE = 0.5
const KEEP_ALIVE_SHARE = 0.9
const LEAST_LEFT_MS = 5_000

type Times = Pick<
  ConnectionRecord,
  | 'how'
  | 'hasRefreshToken'
  | 'issuedAt'
  | 'expiresAt'
  | 'lifetimeSeconds'
  | 'refreshTokenExpiresAt'
  | 'refreshStartedAt'
  | 'lastAuthorizedAt'
  | 'lastOutcome'
>

/**
 * Epoch ms of the next renewal, or null when none is planned. `spread` in [0, 1) is the connection's own jitter, so that those issued
 * together are not renewed together.
 */
export function nextRefreshAt(
  record: Times,
  spec: Pick<ProviderSpec, 'refresh'>,
  about: { now: number; lastUsedAt: number | null; spread: number },
): number | null {
  const way = refreshWay(record, spec)
  if (way === 'none') return null
  const { status, retryAt } = record.lastOutcome
  if (status !== 'ok')
    return status === 'reconnect_needed' && retryAt === null ? null : (retryAt ?? about.now)
  // Stopped between question and answer: nothing is sure of this grant until it has been asked.
  if (record.refreshStartedAt !== null) return about.now
  const times = [
    byExpiry(record, way, about),
    spec.refresh.keepAliveSeconds === null
      ? null
      : record.issuedAt + spec.refresh.keepAliveSeconds * 1000 * (KEEP_ALIVE_SHARE - about.spread / 10),
    beforeLapse(record, about.spread),
  ].filter((time) => time !== null)
  if (times.length === 0) return null
  return Math.round(Math.max(Math.min(...times), record.issuedAt + spec.refresh.minAgeSeconds * 1000))
}

function byExpiry(
  record: Times,
  way: 'refresh_token' | 'exchange' | 'client_credentials',
  about: { now: number; lastUsedAt: number | null; spread: number },
): number | null {
  if (record.expiresAt === null) return null
  const lifeMs =
    record.lifetimeSeconds === null
      ? Math.max(0, record.expiresAt - record.issuedAt)
      : record.lifetimeSeconds * 1000
  if (way === 'exchange') return record.issuedAt + lifeMs * (EXCHANGE_SHARE + about.spread / 10)
  // Short-lived tokens that nobody uses would keep a provider busy for nothing; the next ask renews them.
  const idleMs = about.now - Math.max(record.lastAuthorizedAt, about.lastUsedAt ?? 0)
  if (lifeMs < SHORT_LIFE_MS && idleMs > Math.max(LEAST_IDLE_MS, 10 * lifeMs)) return null
  // Ahead of the margin in which callers would wait, by up to a tenth of the life.
  return record.expiresAt - marginMs(record.lifetimeSeconds) - (lifeMs / 10) * about.spread
}

/** A refresh token with an end of its own is used before that; most providers then give a longer one. */
function beforeLapse(record: Times, spread: number): number | null {
  const { refreshTokenExpiresAt, issuedAt } = record
  if (refreshTokenExpiresAt === null || record.how === 'client_credentials') return null
  const leftMs = refreshTokenExpiresAt - issuedAt
  // An end that no renewal moves: asking again and again as it comes near, or after it, would bring nothing.
  return leftMs < LEAST_LEFT_MS ? null : issuedAt + leftMs * (0.8 - spread / 10)
}
