// Tokens for callers: from memory when they are good, else through one renewal that all callers of a connection share. No caller waits
// beyond its deadline, and the work goes on without it.
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { missingScopes } from '../../../shared/domain/scopes.ts'
import { within } from '../vault/within.ts'
import { createForcedRefreshes } from './forced-refreshes.ts'
import { failureDetails, rememberedFailure, tokenResultOf, type RefreshResult } from './refresh-result.ts'
import { refreshWay } from './refresh-way.ts'
import type { RenewalDeps } from './renewal-deps.ts'
import { createRenewals, type Renewals } from './renewals.ts'
import type { TokenCache } from './token-cache.ts'
import { meets, needOf, type TokenNeed } from './token-need.ts'
import { createTokenServer, type ProviderFacts } from './token-server.ts'
import type { TokenAsk, TokenResult, TokenService } from './token-service.ts'
import type { Usage } from './usage.ts'

const DEADLINE_MS = 15_000
/** While a token is still good, nobody waits longer than this for a newer one. */
const PATIENCE_MS = 2_000

export type TokenEngineDeps = Omit<RenewalDeps, 'onRenewed' | 'earlierMarks'> & {
  cache: TokenCache
  usage: Usage
  /** Connections whose mark of an unanswered refresh was found at the start; emptied as they are cleared up. */
  earlierMarks: Set<string>
  providerOf: (providerId: string) => ProviderFacts
  isClosing: () => boolean
}

/** {@link TokenService}, and what the rest of the core needs of it. */
export type TokenEngine = TokenService &
  Pick<Renewals, 'renewNow' | 'settled' | 'allSettled'> & {
    /** The token set was replaced, renamed or removed from outside: forget what is remembered about it. */
    replaced(id: string): void
  }

export function createTokenEngine(deps: TokenEngineDeps): TokenEngine {
  const { book, clock, cache, tokenClock, usage } = deps
  const serve = createTokenServer(deps)
  const renewals = createRenewals(deps)
  const forced = createForcedRefreshes(clock)

  const ok = (record: ConnectionRecord, ask: TokenAsk): TokenResult => ({
    kind: 'ok',
    token: serve(record, ask),
  })
  const needFor = (record: ConnectionRecord, ask: TokenAsk): TokenNeed => {
    const { rejected } = ask
    if (rejected === undefined) return needOf(ask, record, 'no')
    // Somebody renewed it already: the caller only has to take the newer one.
    const isCurrent = rejected === 'current' || rejected.equals(serve(record, {}).accessToken)
    const mayForce = isCurrent && (forced.take(record.id) || deps.attempts.blockedUntil(record.id) !== null)
    return needOf(ask, record, mayForce ? 'yes' : 'no')
  }

  const whenNotFresh = async (id: string, ask: TokenAsk, need: TokenNeed): Promise<TokenResult> => {
    const started = clock.monotonicMs()
    const budgetMs = ask.deadlineMs ?? DEADLINE_MS
    for (let round = 1; ; round += 1) {
      const before = book.need(id)
      const leftMs = budgetMs - (clock.monotonicMs() - started)
      const result = await waitFor(renewals.renewIfNeeded(id, need), before, { ask, need, leftMs })
      const record = book.need(id)
      const isUsable = tokenClock.remainingMs(record) > 0 && record.generation !== need.notGeneration
      if (result.kind === 'late') {
        if (isUsable) return ok(record, ask)
        throw new KeywayError('deadline_exceeded', { details: detailsOf(record) })
      }
      if (result.kind === 'ok' && (meets(record, need, tokenClock) || (isUsable && round > 1)))
        return ok(record, ask)
      // Joined a renewal that another, smaller need had found unnecessary: once more for this one.
      if (result.kind === 'ok' && round < 3) continue
      if (result.kind === 'ok') throw new KeywayError('deadline_exceeded', { details: detailsOf(record) })
      // A hiccup must not take away what still works; only the end of the grant does.
      return result.kind !== 'ended' && isUsable ? ok(record, ask) : tokenResultOf(result)
    }
  }
  const waitFor = async (
    renewal: Promise<RefreshResult>,
    record: ConnectionRecord,
    { ask, need, leftMs }: { ask: TokenAsk; need: TokenNeed; leftMs: number },
  ): Promise<RefreshResult | { kind: 'late' }> => {
    const remainingMs = tokenClock.remainingMs(record)
    const isUsable = remainingMs > 0 && record.generation !== need.notGeneration
    const patienceMs =
      isUsable && ask.minValidSeconds === undefined ? Math.min(PATIENCE_MS, remainingMs, leftMs) : leftMs
    const late = new Error('late')
    try {
      return await within(clock, Math.max(0, patienceMs), renewal, () => late)
    } catch (error) {
      if (error === late) return { kind: 'late' }
      throw error
    }
  }
  const detailsOf = (record: ConnectionRecord): ReturnType<typeof failureDetails> =>
    failureDetails(record, deps.providerOf(record.providerId).slug)

  return {
    peek: cache.peek,
    async get(id, ask) {
      if (deps.isClosing()) throw new KeywayError('shutting_down')
      const record = book.need(id)
      if (!deps.box.unlocked) throw new KeywayError('vault_locked')
      const missing = missingScopes(ask.scopes ?? [], record.grantedScopes)
      if (missing.length > 0) {
        const details = { ...detailsOf(record), missingScopes: missing }
        return { kind: 'reconnect_needed', failure: new KeywayError('scope_missing', { details }) }
      }
      const last = rememberedFailure(record, deps.providerOf(record.providerId).slug)
      if (last?.kind === 'ended') return tokenResultOf(last)
      const need = needFor(record, ask)
      if (meets(record, need, tokenClock) && !deps.earlierMarks.has(id)) return ok(record, ask)
      const canRenew = refreshWay(record, deps.providerOf(record.providerId).spec) !== 'none'
      const isAlive = tokenClock.remainingMs(record) > 0 && need.notGeneration === null
      return !canRenew && isAlive ? ok(record, ask) : whenNotFresh(id, ask, need)
    },
    reportApiOutcome: usage.reportApiOutcome,
    noteUse: usage.noteUse,
    renewNow: renewals.renewNow,
    settled: renewals.settled,
    allSettled: renewals.allSettled,
    replaced(id) {
      cache.drop(id)
      tokenClock.forget(id)
      forced.forget(id)
      deps.attempts.clear(id)
      deps.unsaved.drop(id)
      deps.earlierMarks.delete(id)
    },
  }
}
