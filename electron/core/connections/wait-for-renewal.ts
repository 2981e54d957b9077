// How a caller waits for a renewal: within its deadline, and not long at all while it could be answered with what is there.
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
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
/** A caller may join a renewal that a smaller need found unnecessary; then it takes one of its own. */
const MOST_ROUNDS = 3

export type WaitDeps = {
  book: ConnectionBook
  clock: Clock
  tokenClock: TokenClock
  /** Connections in doubt: stopped between a refresh and its answer in an earlier run. */
  earlierMarks: ReadonlySet<string>
  providerOf: (providerId: string) => ProviderFacts
  renewIfNeeded: (id: string, need: TokenNeed) => Promise<RefreshResult>
  ok: (record: ConnectionRecord, ask: TokenAsk) => TokenResult
}

/** @throws KeywayError deadline_exceeded */
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
    const waitMs = patienceMs(deps, book.need(id), ask, need, endsAt - clock.monotonicMs())
    const result = await orLate(clock, waitMs, deps.renewIfNeeded(id, need))
    const record = book.need(id)
    const isNew = record.generation !== generation
    const answer = answerTo(deps, { record, isNew }, ask, need, result)
    if (answer !== 'once more') return answer
    if (round < MOST_ROUNDS && clock.monotonicMs() < endsAt) continue
    if (isUsable(deps, record, need)) return deps.ok(record, ask)
    throw tooLate(deps, record)
  }
}

function answerTo(
  deps: WaitDeps,
  { record, isNew }: { record: ConnectionRecord; isNew: boolean },
  ask: TokenAsk,
  need: TokenNeed,
  result: RefreshResult | 'late',
): TokenResult | 'once more' {
  if (result === 'late') {
    if (isUsable(deps, record, need)) return deps.ok(record, ask)
    throw tooLate(deps, record)
  }
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
  // Who asked for a long-lived token is better served by waiting for it.
  const canWait = ask.minValidSeconds !== undefined || !isUsable(deps, record, need)
  return Math.max(0, canWait ? leftMs : Math.min(PATIENCE_MS, deps.tokenClock.remainingMs(record), leftMs))
}

/**
 * Whether the token that is there may be handed out while no newer one comes. Not after a crash between a refresh and its answer: the
 * provider may have ended the grant since, access token and all, and only its next answer tells.
 */
function isUsable(deps: WaitDeps, record: ConnectionRecord, need: TokenNeed): boolean {
  const isDoubtful = deps.earlierMarks.has(record.id) || record.generation === need.notGeneration
  return !isDoubtful && deps.tokenClock.remainingMs(record) > 0
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

function tooLate(deps: WaitDeps, record: ConnectionRecord): KeywayError {
  return new KeywayError('deadline_exceeded', {
    details: failureDetails(record, deps.providerOf(record.providerId).slug),
  })
}
