// How a caller waits for a renewal: within its deadline, and not long at all while it could be answered with what is there.
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { REFRESH_DEADLINE_MS } from '../oauth/oauth-deps.ts'
import type { Clock } from '../ports.ts'
import type { ConnectionBook } from './connection-book.ts'
import { failureDetails, tokenResultOf, type RefreshResult } from './refresh-result.ts'
import type { TokenClock } from './token-clock.ts'
import { meets, type TokenNeed } from './token-need.ts'
import type { ProviderFacts } from './token-server.ts'
import type { TokenAsk, TokenResult } from './token-service.ts'

const DEADLINE_MS = 15_000
/** While a token is still good, nobody waits longer than this for a newer one. */
const PATIENCE_MS = 2_000
/** Whoever comes to a refresh that others have waited out already is told so soon. */
const LATECOMER_MS = 1_000
/** A caller may join a renewal that a smaller need found unnecessary; then it takes one of its own. */
const MOST_ROUNDS = 3
/** A token with less left than this (or a twentieth of a short life) would be dead before its caller has used it. */
const LEAST_USE_MS = 500

export type WaitDeps = {
  book: ConnectionBook
  clock: Clock
  tokenClock: TokenClock
  /** Connections in doubt: stopped between a refresh and its answer in an earlier run. */
  earlierMarks: ReadonlySet<string>
  providerOf: (providerId: string) => ProviderFacts
  renewIfNeeded: (id: string, need: TokenNeed) => Promise<RefreshResult>
  /** For how long a renewal of this connection has been under way; 0 when none is. */
  underWayMs: (id: string) => number
  ok: (record: ConnectionRecord, ask: TokenAsk) => TokenResult
}

export async function waitForRenewal(
  deps: WaitDeps,
  id: string,
  ask: TokenAsk,
  need: TokenNeed,
): Promise<TokenResult> {
  const { book, clock } = deps
  const { generation } = book.need(id)
  const endsAt = clock.monotonicMs() + (ask.deadlineMs ?? DEADLINE_MS)
  for (let round = 1; ; round += 1) {
    const wasUsable = isUsable(deps, book.need(id), need)
    const waitMs = patienceMs(deps, book.need(id), ask, need, endsAt - clock.monotonicMs())
    const result = await orLate(clock, waitMs, deps.renewIfNeeded(id, need))
    const record = book.need(id)
    const answer = answerTo(deps, { record, isNew: record.generation !== generation }, ask, need, result)
    if (answer !== 'once more') return answer
    if (result === 'late' && !wasUsable) return stillUnderWay(deps, record)
    // A token that ended while a newer one was waited for: from here on there is only the newer one.
    if (result === 'late') round -= 1
    if (round < MOST_ROUNDS && clock.monotonicMs() < endsAt) continue
    return isUsable(deps, record, need) ? deps.ok(record, ask) : stillUnderWay(deps, record)
  }
}

function answerTo(
  deps: WaitDeps,
  { record, isNew }: { record: ConnectionRecord; isNew: boolean },
  ask: TokenAsk,
  need: TokenNeed,
  result: RefreshResult | 'late',
): TokenResult | 'once more' {
  if (result === 'late') return isUsable(deps, record, need) ? deps.ok(record, ask) : 'once more'
  if (result.kind === 'ok') {
    // A token made just now is the best there is, also where it lives shorter than the one before.
    const isGood = isNew ? isUsable(deps, record, need) : meets(record, need, deps.tokenClock)
    return isGood ? deps.ok(record, ask) : 'once more'
  }
  // A hiccup must not take away what still works; only the end of the grant does.
  return result.kind !== 'ended' && isUsable(deps, record, need)
    ? deps.ok(record, ask)
    : tokenResultOf(result)
}

function patienceMs(
  deps: WaitDeps,
  record: ConnectionRecord,
  ask: TokenAsk,
  need: TokenNeed,
  leftMs: number,
): number {
  const isOverdueInMs = Math.max(LATECOMER_MS, DEADLINE_MS - deps.underWayMs(record.id))
  // Who asked for a long-lived token is better served by waiting for it.
  const canWait = ask.minValidSeconds !== undefined || !isUsable(deps, record, need)
  const mostMs = canWait ? isOverdueInMs : Math.min(PATIENCE_MS, deps.tokenClock.remainingMs(record))
  return Math.max(0, Math.min(mostMs, leftMs))
}

/**
 * Whether the token that is there may be handed out while no newer one comes. Not after a crash between a refresh and its answer: the
 * provider may have ended the grant since, access token and all, and only its next answer tells.
 */
function isUsable(deps: WaitDeps, record: ConnectionRecord, need: TokenNeed): boolean {
  const isDoubtful = deps.earlierMarks.has(record.id) || record.generation === need.notGeneration
  const leastMs = Math.min(LEAST_USE_MS, ((record.lifetimeSeconds ?? Number.POSITIVE_INFINITY) * 1000) / 20)
  return !isDoubtful && deps.tokenClock.remainingMs(record) > leastMs
}

/** By hand: a thousand callers wait here at once, and each promise and error less is a millisecond sooner for all. */
function orLate(
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

/** The caller's time is up, the request's is not: an answer that comes later is kept, and the next ask gets it. */
function stillUnderWay(deps: WaitDeps, record: ConnectionRecord): TokenResult {
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
