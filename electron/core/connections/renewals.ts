// One renewal of a connection at a time, shared by all who want one. Whether it is needed is decided inside, on the newest record.
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { failedOutcome } from '../../../shared/domain/connection-status.ts'
import { within } from '../vault/within.ts'
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

export type Renewals = {
  renewIfNeeded(id: string, need: TokenNeed): Promise<RefreshResult>
  /** `due`: a new generation is wanted, unless one is there already; `person`: whatever was said before and however short ago. */
  renewNow(id: string, why: 'due' | 'person'): Promise<RefreshResult>
  /** Resolves when no renewal of this connection is under way, or after `timeoutMs`. */
  settled(id: string, timeoutMs: number): Promise<void>
  allSettled(timeoutMs: number): Promise<void>
}

export type RenewalsDeps = Omit<RenewalDeps, 'onRenewed' | 'earlierMarks'> & {
  cache: TokenCache
  earlierMarks: Set<string>
  providerOf: (providerId: string) => ProviderFacts
}

export function createRenewals(deps: RenewalsDeps): Renewals {
  const { book, cache, attempts, earlierMarks } = deps
  const flights = new Map<string, Promise<RefreshResult>>()
  const onRenewed = (id: string): void => {
    cache.drop(id)
    const record = book.get(id)
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

  const remembered = (record: ConnectionRecord, blockedUntil: number): RefreshFailure => {
    const { slug } = deps.providerOf(record.providerId)
    const last = rememberedFailure(record, slug)
    if (last !== null && last.kind !== 'retrying') return last
    const details = { ...failureDetails(record, slug), retryAt: blockedUntil }
    const failure = last === null ? new KeywayError('retrying', { details }) : last.failure
    return { kind: 'retrying', retryAt: blockedUntil, failure }
  }
  const unneeded = (record: ConnectionRecord, need: TokenNeed): RefreshResult | null => {
    if (meets(record, need, deps.tokenClock) && !earlierMarks.has(record.id)) return { kind: 'ok' }
    const last = rememberedFailure(record, deps.providerOf(record.providerId).slug)
    if (last?.kind === 'ended') return last
    const blockedUntil = attempts.blockedUntil(record.id)
    return blockedUntil === null ? null : remembered(record, blockedUntil)
  }
  const run = async (id: string, need: TokenNeed | null): Promise<RefreshResult> => {
    const pending = deps.unsaved.waiting(id)
    if (pending !== null) return pending
    const record = await book.reread(id)
    if (need === null) attempts.clear(id)
    else {
      const without = unneeded(record, need)
      if (without !== null) return without
    }
    const result = await renew({ ...deps, onRenewed }, record)
    if (result.kind === 'ended') await ended(id, result.failure)
    if (book.get(id)?.refreshStartedAt === null) earlierMarks.delete(id)
    return result
  }
  const ended = async (id: string, failure: KeywayError): Promise<void> => {
    cache.drop(id)
    const record = book.get(id)
    if (record === null || record.lastOutcome.status === 'reconnect_needed') return
    const at = deps.clock.now()
    const { message, nextStep } = failure
    // Without the provider's own word the end is a matter of time, and time may have been wrong: `retryAt` keeps it open.
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
        deps.logger.warn('The end of a token could not be noted on disk', { connectionId: id, error })
        book.touch(id, (current) => ({ ...current, lastOutcome }))
      })
  }
  const fly = (id: string, need: TokenNeed | null): Promise<RefreshResult> => {
    const flying = flights.get(id)
    if (flying !== undefined) return flying
    const flight = run(id, need).finally(() => flights.delete(id))
    flights.set(id, flight)
    return flight
  }
  const quiet = (flight: Promise<unknown>, timeoutMs: number): Promise<void> =>
    within(deps.clock, timeoutMs, flight, () => new Error('late')).then(
      () => undefined,
      () => undefined,
    )

  return {
    renewIfNeeded: fly,
    async renewNow(id, why) {
      if (why === 'due') return fly(id, { leastMs: 0, notGeneration: book.need(id).generation })
      // What is under way already began before the person asked, but its answer is as new.
      return fly(id, null)
    },
    settled: (id, timeoutMs) => quiet(Promise.resolve(flights.get(id)), timeoutMs),
    allSettled: (timeoutMs) => quiet(Promise.allSettled(flights.values()), timeoutMs),
  }
}
