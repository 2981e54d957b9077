// One renewal of a connection at a time, shared by all who want one. Whether it is needed is decided inside, on the newest record.
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { failedOutcome } from '../../../shared/domain/connection-status.ts'
import { createFlights, type Flights } from './flights.ts'
import {
  failureDetails,
  rememberedFailure,
  type RefreshFailure,
  type RefreshResult,
} from './refresh-result.ts'
import { renew } from './renewal.ts'
import type { RenewalDeps } from './renewal-deps.ts'
import type { TokenCache } from './token-cache.ts'
import { meets, type TokenNeed } from './token-need.ts'
import type { ProviderFacts } from './token-server.ts'

export type Renewals = Pick<
  Flights<RefreshResult>,
  'settled' | 'allSettled' | 'anyUnderWay' | 'underWayMs' | 'abandon'
> & {
  renewIfNeeded(id: string, need: TokenNeed): Promise<RefreshResult>
  /** `due`: a new generation is wanted, unless one is there already; `person`: whatever was said before and however short ago. */
  renewNow(id: string, why: 'due' | 'person'): Promise<RefreshResult>
}

export type RenewalsDeps = Omit<RenewalDeps, 'onRenewed' | 'earlierMarks'> & {
  cache: TokenCache
  /** Connections whose mark of an unanswered refresh was found at the start; emptied as they are cleared up. */
  earlierMarks: Set<string>
  providerOf: (providerId: string) => ProviderFacts
}

export function createRenewals(deps: RenewalsDeps): Renewals {
  const { book, earlierMarks } = deps
  const flights = createFlights<RefreshResult>(deps.clock)
  const onRenewed = (id: string): void => noteRenewed(deps, id)

  /** `need` null: whatever is there, a new one is wanted. */
  const run = async (id: string, need: TokenNeed | null): Promise<RefreshResult> => {
    const pending = deps.unsaved.waiting(id)
    if (pending !== null) return pending
    const record = await book.reread(id)
    const without = need === null ? null : unneeded(deps, record, need)
    if (without !== null) return without
    if (need === null) deps.attempts.clear(id)
    const result = await renew({ ...deps, onRenewed }, record)
    const after = book.get(id)
    if (after?.refreshStartedAt === null) earlierMarks.delete(id)
    // A sign-in has put newer tokens there meanwhile; what became of the old ones does not matter any more.
    if (after !== null && after.generation !== record.generation) return { kind: 'ok' }
    if (result.kind === 'ended') await noteEnded(deps, id, result.failure)
    return result
  }
  const renewIfNeeded = (id: string, need: TokenNeed | null): Promise<RefreshResult> =>
    flights.join(id, () => run(id, need))

  return {
    ...flights,
    anyUnderWay: () => flights.anyUnderWay() || deps.unsaved.any(),
    renewIfNeeded,
    renewNow: async (id, why) =>
      // What is under way already when a person asks began before, but its answer is as new.
      renewIfNeeded(id, why === 'person' ? null : { leastMs: 0, notGeneration: book.need(id).generation }),
  }
}

function unneeded(deps: RenewalsDeps, record: ConnectionRecord, need: TokenNeed): RefreshResult | null {
  if (meets(record, need, deps.tokenClock) && !deps.earlierMarks.has(record.id)) return { kind: 'ok' }
  const last = rememberedFailure(record, deps.providerOf(record.providerId).slug)
  if (last?.kind === 'ended') return last
  const blockedUntil = deps.attempts.blockedUntil(record.id)
  return blockedUntil === null ? null : stillFailing(deps, record, last, blockedUntil)
}

function stillFailing(
  deps: RenewalsDeps,
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

function noteRenewed(deps: RenewalsDeps, id: string): void {
  deps.cache.drop(id)
  const record = deps.book.get(id)
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

async function noteEnded(
  { book, cache, clock, logger }: RenewalsDeps,
  id: string,
  failure: KeywayError,
): Promise<void> {
  cache.drop(id)
  const record = book.get(id)
  if (record === null || record.lastOutcome.status === 'reconnect_needed') return
  const at = clock.now()
  const { message, nextStep } = failure
  // Without the provider's own word the end is a matter of time, and the time may be wrong: `retryAt` keeps it open.
  const lastOutcome = failedOutcome('reconnect_needed', {
    code: 'token_expired',
    message,
    nextStep,
    at,
    retryAt: at,
  })
  await book
    .change(id, (current) => ({ ...current, lastOutcome }))
    .catch((error: unknown) => {
      logger.warn('The end of a token could not be noted on disk', { connectionId: id, error })
      book.touch(id, (current) => ({ ...current, lastOutcome }))
    })
}
