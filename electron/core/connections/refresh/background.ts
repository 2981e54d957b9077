// Refreshes connections in the background when they are due, with a limit per provider, and records tokens
// that expire.
import type { ConnectionRecord } from '../../../../shared/contract/connection.ts'
import type { ProviderSpec } from '../../../../shared/contract/provider-spec.ts'
import { marginMs } from '../../../../shared/domain/expiry.ts'
import { createKeyedLimit } from '../../async.ts'
import type { Clock, Logger } from '../../ports.ts'
import type { SecretBox } from '../../vault/status.ts'
import type { ConnectionStore } from '../store/store.ts'
import type { ProviderFacts } from '../tokens/serve.ts'
import type { InternalTokenService } from '../tokens/service.ts'
import { refreshMethod } from './backoff.ts'
import { createScheduler } from './scheduler.ts'

/**
 * Concurrent refreshes per provider. Many due connections do not overload it, and a hanging provider does not
 * delay the others.
 */
const AT_ONCE = 8
/** Minimum pause, so that a wrong schedule cannot flood a provider. */
const MIN_PAUSE_MS = 1_000
const PAUSE_AFTER_ERROR_MS = 5 * 60_000
/** After a wakeup, due refreshes are spread over this time per hundred connections. */
const SPREAD_MS_PER_HUNDRED = 2_000
const MIN_SPREAD_MS = 3_000

export type Background = {
  /** The connection was changed, added or removed. */
  changed(id: string): void
  /** The cause of a failure may be fixed: retry soon. */
  retry(id: string): void
  nextRefreshAt(id: string): number | null
  /** The machine woke up, came online, or the vault was unlocked: check everything, spread with jitter. */
  wake(): void
  close(): void
}

export type BackgroundDeps = {
  records: ConnectionStore
  box: SecretBox
  clock: Clock
  logger: Logger
  random: () => number
  tokens: Pick<InternalTokenService, 'refreshNow'>
  lastUsedAt: (id: string) => number | null
  providerOf: (providerId: string) => ProviderFacts
}

export function createBackground(deps: BackgroundDeps): Background {
  const { records, clock, random } = deps
  const plan = createPlan(deps)
  const renewDue = async (id: string): Promise<void> => {
    // A locked vault can neither decrypt nor store a token. The unlock schedules everything again.
    if (!deps.box.unlocked) return
    const pauseMs = await refreshOne(deps, id)
    const next = plan.dueAt(id)
    if (next !== null) queue.set(id, Math.max(next, clock.now() + pauseMs))
  }
  const work = createKeyedLimit(AT_ONCE, renewDue, (id) => records.get(id)?.providerId ?? '')
  const queue = createScheduler(clock, work.add)
  const schedule = (id: string): void => queue.set(id, plan.dueAt(id))

  return {
    changed: schedule,
    retry(id) {
      const status = records.get(id)?.lastOutcome.status
      if (status === 'retrying' || status === 'config_error') queue.set(id, clock.now())
      else schedule(id)
    },
    nextRefreshAt: plan.nextRefreshAt,
    wake() {
      const now = clock.now()
      const ids = records.list().map(({ id }) => id)
      const due = ids.filter((id) => (plan.dueAt(id) ?? Number.POSITIVE_INFINITY) <= now)
      const spreadMs = Math.max(MIN_SPREAD_MS, (due.length / 100) * SPREAD_MS_PER_HUNDRED)
      for (const id of ids) schedule(id)
      for (const id of due) queue.set(id, now + random() * spreadMs)
      queue.check()
    },
    close() {
      queue.close()
      work.close()
    },
  }
}

type Plan = {
  nextRefreshAt(id: string): number | null
  /** The time of the next refresh, or of the expiry if nothing can refresh the token. */
  dueAt(id: string): number | null
}

function createPlan(deps: BackgroundDeps): Plan {
  const spreads = new Map<string, number>()
  const refreshAt = (record: ConnectionRecord): number | null => {
    const spread = spreads.get(record.id) ?? deps.random()
    spreads.set(record.id, spread)
    const lastUsedAt = deps.lastUsedAt(record.id)
    return nextRefreshAt(record, deps.providerOf(record.providerId).spec, {
      now: deps.clock.now(),
      lastUsedAt,
      spread,
    })
  }
  const of = (id: string, time: (record: ConnectionRecord) => number | null): number | null => {
    const record = deps.records.get(id)
    if (record !== null) return time(record)
    spreads.delete(id)
    return null
  }
  return {
    nextRefreshAt: (id) => of(id, refreshAt),
    dueAt: (id) => of(id, (record) => refreshAt(record) ?? endOf(deps, record)),
  }
}

/**
 * The expiry of a token that cannot be refreshed. A token that is not refreshed because it is unused is
 * refreshed at its next use.
 */
function endOf({ providerOf }: BackgroundDeps, record: ConnectionRecord): number | null {
  const isUnrenewable = refreshMethod(record, providerOf(record.providerId).spec) === 'none'
  return isUnrenewable && record.lastOutcome.status === 'ok' ? record.expiresAt : null
}

/** Resolves with the minimum pause before the next attempt, in milliseconds. */
async function refreshOne({ records, tokens, logger }: BackgroundDeps, id: string): Promise<number> {
  if (records.get(id) === null) return 0
  try {
    await tokens.refreshNow(id, 'due')
    return MIN_PAUSE_MS
  } catch (error) {
    logger.warn('A background renewal failed', { connectionId: id, error })
    return PAUSE_AFTER_ERROR_MS
  }
}

// When a connection is refreshed without a request. Pure.

/** Unused tokens with a shorter lifetime than this are not refreshed in the background. */
const SHORT_LIFE_MS = 60 * 60_000
const MIN_IDLE_MS = 60_000
/** Where only a valid token can be refreshed, a token of long lifetime is refreshed at half of it. */
const EXCHANGE_SHARE = 0.5
const KEEP_ALIVE_SHARE = 0.9
const MIN_LEFT_MS = 5_000

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
 * Epoch milliseconds of the next refresh, or null if none is planned. `spread` in [0, 1) is the jitter of the
 * connection, so that tokens issued together are not refreshed together.
 */
export function nextRefreshAt(
  record: Times,
  spec: Pick<ProviderSpec, 'refresh'>,
  about: { now: number; lastUsedAt: number | null; spread: number },
): number | null {
  const way = refreshMethod(record, spec)
  if (way === 'none') return null
  const { status, retryAt } = record.lastOutcome
  if (status !== 'ok')
    return status === 'reconnect_needed' && retryAt === null ? null : (retryAt ?? about.now)
  // The previous refresh has no known response, so the state of the authorization is unknown until the next
  // one.
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
  // Refreshing unused tokens of short lifetime would only load the provider; the next request refreshes them.
  const idleMs = about.now - Math.max(record.lastAuthorizedAt, about.lastUsedAt ?? 0)
  if (lifeMs < SHORT_LIFE_MS && idleMs > Math.max(MIN_IDLE_MS, 10 * lifeMs)) return null
  // Earlier than the margin in which callers would wait, by up to a tenth of the lifetime.
  return record.expiresAt - marginMs(record.lifetimeSeconds) - (lifeMs / 10) * about.spread
}

/**
 * A refresh token with its own expiry is used before it; most providers then issue one with a later expiry.
 */
function beforeLapse(record: Times, spread: number): number | null {
  const { refreshTokenExpiresAt, issuedAt } = record
  if (refreshTokenExpiresAt === null || record.how === 'client_credentials') return null
  const leftMs = refreshTokenExpiresAt - issuedAt
  // If a refresh does not move the expiry, further refreshes close to it or after it are useless.
  return leftMs < MIN_LEFT_MS ? null : issuedAt + leftMs * (0.8 - spread / 10)
}
