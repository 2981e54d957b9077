// Runs one refresh per connection at a time, shared by all callers (single flight). Inside it, the newest
// record decides whether the refresh is needed.
import type { ConnectionRecord } from '../../../../shared/contract/connection.ts'
import { KeywayError } from '../../../../shared/contract/errors.ts'
import { failedOutcome } from '../../../../shared/domain/expiry.ts'
import { withTimeout } from '../../async.ts'
import { REFRESH_DEADLINE_MS } from '../../oauth/types.ts'
import type { Clock } from '../../ports.ts'
import type { ConnectionStore } from '../store/store.ts'
import {
  type TokenCache,
  type TokenClock,
  meetsRequirements,
  type TokenRequirements,
} from '../tokens/freshness.ts'
import type { ProviderFacts } from '../tokens/serve.ts'
import { type TokenOptions, type TokenResult } from '../tokens/types.ts'
import {
  failureDetails,
  type RefreshFailure,
  type RefreshResult,
  rememberedFailure,
  tokenResultOf,
} from './errors.ts'
import { refreshConnection, type RefreshDeps } from './refresh.ts'

export type RefreshCoordinator = Pick<
  SingleFlight<RefreshResult>,
  'whenIdle' | 'whenAllIdle' | 'anyUnderWay' | 'underWayMs' | 'cancelWaiters'
> & {
  refreshIfNeeded(id: string, required: TokenRequirements): Promise<RefreshResult>
  /**
   * `due`: refresh unless a newer generation exists already. `person`: refresh regardless of earlier results
   * and their age.
   */
  refreshNow(id: string, why: 'due' | 'person'): Promise<RefreshResult>
}

export type RefreshCoordinatorDeps = Omit<RefreshDeps, 'onRefreshed' | 'unconfirmedRefreshes'> & {
  cache: TokenCache
  /** Connections whose refresh marker was found at startup; removed as they are resolved. */
  unconfirmedRefreshes: Set<string>
  providerOf: (providerId: string) => ProviderFacts
}

export function createRefreshCoordinator(deps: RefreshCoordinatorDeps): RefreshCoordinator {
  const { records, unconfirmedRefreshes } = deps
  const singleFlight = createSingleFlight<RefreshResult>(deps.clock)
  const onRefreshed = (id: string): void => recordRefreshed(deps, id)

  /** `required` null: refresh in any case. */
  const run = async (id: string, required: TokenRequirements | null): Promise<RefreshResult> => {
    const pending = deps.pendingTokenWrites.waiting(id)
    if (pending !== null) return pending
    const record = await records.reload(id)
    const without = required === null ? null : unneeded(deps, record, required)
    if (without !== null) return without
    if (required === null) deps.backoff.clear(id)
    const result = await refreshConnection({ ...deps, onRefreshed }, record)
    const after = records.get(id)
    if (after?.refreshStartedAt === null) unconfirmedRefreshes.delete(id)
    // A sign-in stored newer tokens meanwhile, so the result for the old ones is irrelevant.
    if (after !== null && after.generation !== record.generation) return { kind: 'ok' }
    if (result.kind === 'ended') await recordAuthorizationRevoked(deps, id, result.failure)
    return result
  }
  const refreshIfNeeded = (id: string, required: TokenRequirements | null): Promise<RefreshResult> =>
    singleFlight.join(id, () => run(id, required))

  return {
    ...singleFlight,
    anyUnderWay: () => singleFlight.anyUnderWay() || deps.pendingTokenWrites.any(),
    refreshIfNeeded,
    refreshNow: async (id, why) =>
      // A refresh that is already running counts too: its tokens are just as new.
      refreshIfNeeded(
        id,
        why === 'person' ? null : { leastMs: 0, notGeneration: records.getOrThrow(id).generation },
      ),
  }
}

function unneeded(
  deps: RefreshCoordinatorDeps,
  record: ConnectionRecord,
  required: TokenRequirements,
): RefreshResult | null {
  if (meetsRequirements(record, required, deps.tokenClock) && !deps.unconfirmedRefreshes.has(record.id))
    return { kind: 'ok' }
  const last = rememberedFailure(record, deps.providerOf(record.providerId).slug)
  if (last?.kind === 'ended') return last
  const blockedUntil = deps.backoff.blockedUntil(record.id)
  return blockedUntil === null ? null : stillFailing(deps, record, last, blockedUntil)
}

function stillFailing(
  deps: RefreshCoordinatorDeps,
  record: ConnectionRecord,
  last: RefreshFailure | null,
  blockedUntil: number,
): RefreshFailure {
  if (last !== null && last.kind !== 'retrying') return last
  const { slug } = deps.providerOf(record.providerId)
  const details = { ...failureDetails(record, slug), retryAt: blockedUntil }
  const failure = last === null ? new KeywayError('retrying', { details }) : last.failure
  return { kind: 'retrying', retryAt: blockedUntil, failure }
}

function recordRefreshed(deps: RefreshCoordinatorDeps, id: string): void {
  deps.cache.drop(id)
  const record = deps.records.get(id)
  if (record === null) return
  const { slug } = deps.providerOf(record.providerId)
  deps.logger.info('Renewed', { connectionId: id, generation: record.generation })
  deps.activity.append({
    kind: 'refresh',
    outcome: 'ok',
    connectionId: id,
    providerSlug: slug,
    account: record.account,
  })
}

async function recordAuthorizationRevoked(
  { records, cache, clock, logger }: RefreshCoordinatorDeps,
  id: string,
  failure: KeywayError,
): Promise<void> {
  cache.drop(id)
  const record = records.get(id)
  if (record === null || record.lastOutcome.status === 'reconnect_needed') return
  const at = clock.now()
  const { message, nextStep } = failure
  // Without a rejection by the provider, the end follows from the expiry time, which may be wrong. `retryAt`
  // allows another attempt.
  const lastOutcome = failedOutcome('reconnect_needed', {
    code: 'token_expired',
    message,
    nextStep,
    at,
    retryAt: at,
  })
  await records
    .change(id, (current) => ({ ...current, lastOutcome }))
    .catch((error: unknown) => {
      logger.warn('The end of a token could not be noted on disk', { connectionId: id, error })
      records.updateLazily(id, (current) => ({ ...current, lastOutcome }))
    })
}

// How long a caller waits for a refresh: until its deadline, and only briefly while the current token is
// usable.

const DEADLINE_MS = 15_000
/** Longest wait for a newer token while the current one is valid, in milliseconds. */
const USABLE_TOKEN_WAIT_MS = 2_000
/** Longest wait for a refresh that is already overdue, in milliseconds. */
const OVERDUE_WAIT_MS = 1_000
/**
 * A caller may join a refresh that was skipped because a smaller requirement was met; then it starts its own.
 */
const MAX_ROUNDS = 3
/**
 * A token with less remaining time than this (or a twentieth of a short lifetime) would expire before its
 * caller used it.
 */
const MIN_USABLE_MS = 500

export type WaitDeps = {
  records: ConnectionStore
  clock: Clock
  tokenClock: TokenClock
  /** Connections whose refresh in an earlier run has no known response. */
  unconfirmedRefreshes: ReadonlySet<string>
  providerOf: (providerId: string) => ProviderFacts
  refreshIfNeeded: (id: string, required: TokenRequirements) => Promise<RefreshResult>
  /** Milliseconds since the running refresh of this connection started; 0 if none is running. */
  underWayMs: (id: string) => number
  ok: (record: ConnectionRecord, options: TokenOptions) => TokenResult
}

export async function waitForRefresh(
  deps: WaitDeps,
  id: string,
  options: TokenOptions,
  required: TokenRequirements,
): Promise<TokenResult> {
  const { records, clock } = deps
  const { generation } = records.getOrThrow(id)
  const endsAt = clock.monotonicMs() + (options.deadlineMs ?? DEADLINE_MS)
  for (let round = 1; ; round += 1) {
    const wasUsable = isUsable(deps, records.getOrThrow(id), required)
    const waitMs = waitLimitMs(deps, records.getOrThrow(id), options, required, endsAt - clock.monotonicMs())
    const result = await resultOrLate(clock, waitMs, deps.refreshIfNeeded(id, required))
    const record = records.getOrThrow(id)
    const answer = resultFor(
      deps,
      { record, isNew: record.generation !== generation },
      options,
      required,
      result,
    )
    if (answer !== 'once more') return answer
    if (result === 'late' && !wasUsable) return refreshStillRunning(deps, record)
    // The token expired during the wait; from now on only a newer one counts.
    if (result === 'late') round -= 1
    if (round < MAX_ROUNDS && clock.monotonicMs() < endsAt) continue
    return isUsable(deps, record, required) ? deps.ok(record, options) : refreshStillRunning(deps, record)
  }
}

function resultFor(
  deps: WaitDeps,
  { record, isNew }: { record: ConnectionRecord; isNew: boolean },
  options: TokenOptions,
  required: TokenRequirements,
  result: RefreshResult | 'late',
): TokenResult | 'once more' {
  if (result === 'late') return isUsable(deps, record, required) ? deps.ok(record, options) : 'once more'
  if (result.kind === 'ok') {
    // A token that was just issued is the best available, even if its lifetime is shorter than before.
    const isGood = isNew
      ? isUsable(deps, record, required)
      : meetsRequirements(record, required, deps.tokenClock)
    return isGood ? deps.ok(record, options) : 'once more'
  }
  // A temporary failure does not invalidate a usable token; only a revoked authorization does.
  return result.kind !== 'ended' && isUsable(deps, record, required)
    ? deps.ok(record, options)
    : tokenResultOf(result)
}

function waitLimitMs(
  deps: WaitDeps,
  record: ConnectionRecord,
  options: TokenOptions,
  required: TokenRequirements,
  leftMs: number,
): number {
  const isOverdueInMs = Math.max(OVERDUE_WAIT_MS, DEADLINE_MS - deps.underWayMs(record.id))
  // A caller that requires a minimum lifetime prefers waiting to a short token.
  const canWait = options.minValidSeconds !== undefined || !isUsable(deps, record, required)
  const mostMs = canWait ? isOverdueInMs : Math.min(USABLE_TOKEN_WAIT_MS, deps.tokenClock.remainingMs(record))
  return Math.max(0, Math.min(mostMs, leftMs))
}

/**
 * Whether the current token may be served while no newer one is available. Not after a crash between a
 * refresh and its response: the provider may have revoked the authorization including the access token, and
 * only its next response tells.
 */
function isUsable(deps: WaitDeps, record: ConnectionRecord, required: TokenRequirements): boolean {
  const isDoubtful = deps.unconfirmedRefreshes.has(record.id) || record.generation === required.notGeneration
  const leastMs = Math.min(MIN_USABLE_MS, ((record.lifetimeSeconds ?? Number.POSITIVE_INFINITY) * 1000) / 20)
  return !isDoubtful && deps.tokenClock.remainingMs(record) > leastMs
}

/**
 * Written without async functions: a thousand callers may wait here at once, and each promise adds latency
 * for all.
 */
function resultOrLate(
  clock: Clock,
  timeoutMs: number,
  refresh: Promise<RefreshResult>,
): Promise<RefreshResult | 'late'> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(timeoutMs, () => resolve('late'))
    const end =
      <Value>(settle: (value: Value) => void) =>
      (value: Value) => {
        cancel()
        settle(value)
      }
    refresh.then(end(resolve), end(reject))
  })
}

/**
 * The caller's deadline has passed, but the request continues: a later response is stored and the next
 * request gets it.
 */
function refreshStillRunning(deps: WaitDeps, record: ConnectionRecord): TokenResult {
  const { slug } = deps.providerOf(record.providerId)
  // By then the refresh has a response or was aborted, and the next attempt may start.
  const overdueMs = deps.underWayMs(record.id) - DEADLINE_MS
  const leftMs = REFRESH_DEADLINE_MS - DEADLINE_MS - Math.max(0, overdueMs)
  const retryAt = deps.clock.now() + Math.max(0, leftMs) + 1_000
  const failure = new KeywayError('retrying', {
    message: 'The provider has not answered in time; the refresh goes on.',
    details: { ...failureDetails(record, slug), retryAt },
  })
  return { kind: 'retrying', retryAt, failure }
}

/** One running task per id; callers that come while it runs get its result. */
export type SingleFlight<Result> = {
  join(id: string, start: () => Promise<Result>): Promise<Result>
  /** Milliseconds since the task of this id started; 0 if none is running. */
  underWayMs(id: string): number
  /** Rejects all callers that wait for this id. The task itself continues to its end. */
  cancelWaiters(id: string, reason: Error): void
  /** Resolves when no task runs for this id, or after `timeoutMs`. */
  whenIdle(id: string, timeoutMs: number): Promise<void>
  whenAllIdle(timeoutMs: number): Promise<void>
  /** Whether any task is running, including those without waiting callers. */
  anyUnderWay(): boolean
}

type SharedCall<Result> = { shared: Promise<Result>; since: number; cancelWaiters: (reason: Error) => void }

function createSingleFlight<Result>(clock: Clock): SingleFlight<Result> {
  const calls = new Map<string, SharedCall<Result>>()
  /** All running tasks, including those without waiting callers. */
  const running = new Set<Promise<Result>>()
  const quiet = (work: Promise<unknown>, timeoutMs: number): Promise<void> =>
    withTimeout(clock, timeoutMs, work, () => new Error('late')).then(
      () => undefined,
      () => undefined,
    )
  const take = (id: string, work: Promise<Result>): Promise<Result> => {
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    const call = { shared: promise, since: clock.monotonicMs(), cancelWaiters: reject }
    calls.set(id, call)
    running.add(work)
    work
      .finally(() => {
        running.delete(work)
        if (calls.get(id) === call) calls.delete(id)
      })
      .then(resolve, reject)
    return promise
  }
  return {
    join: (id, start) => calls.get(id)?.shared ?? take(id, start()),
    underWayMs(id) {
      const call = calls.get(id)
      return call === undefined ? 0 : clock.monotonicMs() - call.since
    },
    cancelWaiters(id, reason) {
      calls.get(id)?.cancelWaiters(reason)
      calls.delete(id)
    },
    whenIdle: (id, timeoutMs) => quiet(Promise.resolve(calls.get(id)?.shared), timeoutMs),
    whenAllIdle: (timeoutMs) => quiet(Promise.allSettled(running), timeoutMs),
    anyUnderWay: () => running.size > 0,
  }
}
