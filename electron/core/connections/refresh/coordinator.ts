// One renewal of a connection at a time, shared by all who want one. Whether it is needed is decided inside,
// on the newest record.
import type { ConnectionRecord } from '../../../../shared/contract/connection.ts'
import { KeywayError } from '../../../../shared/contract/errors.ts'
import { failedOutcome } from '../../../../shared/domain/expiry.ts'
import { withTimeout } from '../../async.ts'
import { REFRESH_DEADLINE_MS } from '../../oauth/types.ts'
import type { Clock } from '../../ports.ts'
import type { ConnectionStore } from '../store/store.ts'
import type { TokenCache } from '../tokens/cache.ts'
import type { TokenClock } from '../tokens/clock.ts'
import type { ProviderFacts } from '../tokens/serve.ts'
import {
  meetsRequirements,
  type TokenOptions,
  type TokenRequirements,
  type TokenResult,
} from '../tokens/types.ts'
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
   * `due`: a new generation is wanted, unless one is there already; `person`: whatever was said before and
   * however short ago.
   */
  refreshNow(id: string, why: 'due' | 'person'): Promise<RefreshResult>
}

export type RefreshCoordinatorDeps = Omit<RefreshDeps, 'onRefreshed' | 'unconfirmedRefreshes'> & {
  cache: TokenCache
  /**
   * Connections whose mark of an unanswered refresh was found at the start; emptied as they are cleared up.
   */
  unconfirmedRefreshes: Set<string>
  providerOf: (providerId: string) => ProviderFacts
}

export function createRefreshCoordinator(deps: RefreshCoordinatorDeps): RefreshCoordinator {
  const { records, unconfirmedRefreshes } = deps
  const singleFlight = createSingleFlight<RefreshResult>(deps.clock)
  const onRefreshed = (id: string): void => recordRefreshed(deps, id)

  /** `need` null: whatever is there, a new one is wanted. */
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
    // A sign-in has put newer tokens there meanwhile; what became of the old ones does not matter any more.
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
      // What is under way already when a person asks began before, but its answer is as new.
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
  // Without the provider's own word the end is a matter of time, and the time may be wrong: `retryAt` keeps
  // it open.
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

// How a caller waits for a renewal: within its deadline, and not long at all while it could be answered with
// what is there.

const DEADLINE_MS = 15_000
/** While a token is still good, nobody waits longer than this for a newer one. */
const USABLE_TOKEN_WAIT_MS = 2_000
/** Whoever comes to a refresh that others have waited out already is told so soon. */
const OVERDUE_WAIT_MS = 1_000
/** A caller may join a renewal that a smaller need found unnecessary; then it takes one of its own. */
const MAX_ROUNDS = 3
/**
 * A token with less left than this (or a twentieth of a short life) would be dead before its caller has used
 * it.
 */
const MIN_USABLE_MS = 500

export type WaitDeps = {
  records: ConnectionStore
  clock: Clock
  tokenClock: TokenClock
  /** Connections in doubt: stopped between a refresh and its answer in an earlier run. */
  unconfirmedRefreshes: ReadonlySet<string>
  providerOf: (providerId: string) => ProviderFacts
  refreshIfNeeded: (id: string, required: TokenRequirements) => Promise<RefreshResult>
  /** For how long a renewal of this connection has been under way; 0 when none is. */
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
    // A token that ended while a newer one was waited for: from here on there is only the newer one.
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
    // A token made just now is the best there is, also where it lives shorter than the one before.
    const isGood = isNew
      ? isUsable(deps, record, required)
      : meetsRequirements(record, required, deps.tokenClock)
    return isGood ? deps.ok(record, options) : 'once more'
  }
  // A hiccup must not take away what still works; only the end of the grant does.
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
  // Who asked for a long-lived token is better served by waiting for it.
  const canWait = options.minValidSeconds !== undefined || !isUsable(deps, record, required)
  const mostMs = canWait ? isOverdueInMs : Math.min(USABLE_TOKEN_WAIT_MS, deps.tokenClock.remainingMs(record))
  return Math.max(0, Math.min(mostMs, leftMs))
}

/**
 * Whether the token that is there may be handed out while no newer one comes. Not after a crash between a
 * refresh and its answer: the provider may have ended the grant since, access token and all, and only its
 * next answer tells.
 */
function isUsable(deps: WaitDeps, record: ConnectionRecord, required: TokenRequirements): boolean {
  const isDoubtful = deps.unconfirmedRefreshes.has(record.id) || record.generation === required.notGeneration
  const leastMs = Math.min(MIN_USABLE_MS, ((record.lifetimeSeconds ?? Number.POSITIVE_INFINITY) * 1000) / 20)
  return !isDoubtful && deps.tokenClock.remainingMs(record) > leastMs
}

/**
 * By hand: a thousand callers wait here at once, and each promise and error less is a millisecond sooner for
 * all.
 */
function resultOrLate(
  clock: Clock,
  timeoutMs: number,
  renewal: Promise<RefreshResult>,
): Promise<RefreshResult | 'late'> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(timeoutMs, () => resolve('late'))
    const end =
      <Value>(settle: (value: Value) => void) =>
      (value: Value) => {
        cancel()
        settle(value)
      }
    renewal.then(end(resolve), end(reject))
  })
}

/**
 * The caller's time is up, the request's is not: an answer that comes later is kept, and the next ask gets
 * it.
 */
function refreshStillRunning(deps: WaitDeps, record: ConnectionRecord): TokenResult {
  const { slug } = deps.providerOf(record.providerId)
  // By then it has been answered or given up, and the next attempt may go out.
  const overdueMs = deps.underWayMs(record.id) - DEADLINE_MS
  const leftMs = REFRESH_DEADLINE_MS - DEADLINE_MS - Math.max(0, overdueMs)
  const retryAt = deps.clock.now() + Math.max(0, leftMs) + 1_000
  const failure = new KeywayError('retrying', {
    message: 'The provider has not answered in time; the refresh goes on.',
    details: { ...failureDetails(record, slug), retryAt },
  })
  return { kind: 'retrying', retryAt, failure }
}

/** One piece of work at a time for each id; whoever comes while it runs gets its result. */
export type SingleFlight<Result> = {
  join(id: string, start: () => Promise<Result>): Promise<Result>
  /** For how long the work of this id has been under way; 0 when none is. */
  underWayMs(id: string): number
  /** Tells all who wait for this id that it is over for them; the work itself goes on to its end. */
  cancelWaiters(id: string, reason: Error): void
  /** Resolves when nothing is under way for this id, or after `timeoutMs`. */
  whenIdle(id: string, timeoutMs: number): Promise<void>
  whenAllIdle(timeoutMs: number): Promise<void>
  /** Work is under way, also where nobody waits for it any more. */
  anyUnderWay(): boolean
}

type SharedCall<Result> = { shared: Promise<Result>; since: number; cancelWaiters: (reason: Error) => void }

export function createSingleFlight<Result>(clock: Clock): SingleFlight<Result> {
  const calls = new Map<string, SharedCall<Result>>()
  /** All work, also what nobody waits for any more. */
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
