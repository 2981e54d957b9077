// Tokens for callers: from memory when they are good, else through one renewal that all callers of a
// connection share. No caller waits beyond its deadline, and the work goes on without it.
import type { ConnectionRecord } from '../../../../shared/contract/connection.ts'
import { KeywayError } from '../../../../shared/contract/errors.ts'
import { missingScopes } from '../../../../shared/domain/scopes.ts'
import type { Clock } from '../../ports.ts'
import { refreshWay } from '../refresh/backoff.ts'
import { createRenewals, type Renewals, type RenewalsDeps, waitForRenewal } from '../refresh/coordinator.ts'
import { failureDetails, rememberedFailure, tokenResultOf } from '../refresh/errors.ts'
import { openTokens } from '../store/sealed.ts'
import type { Usage } from '../usage.ts'
import { createTokenServer, type TokenServer } from './serve.ts'
import { meets, needOf, type TokenAsk, type TokenResult, type TokenService } from './types.ts'

export type TokenEngineDeps = RenewalsDeps & {
  usage: Usage
  isClosing: () => boolean
  /** Before anything is decided by the clock. */
  lookAtClock: () => void
}

/** {@link TokenService}, and what the rest of the core needs of it. */
export type TokenEngine = TokenService &
  Pick<Renewals, 'renewNow' | 'settled' | 'allSettled' | 'anyUnderWay'> & {
    /** The token set was replaced, renamed or removed from outside: forget what is remembered about it. */
    replaced(id: string): void
    /**
     * With the tokens that the provider gave last, also where the disk has not taken them yet. @throws
     * KeywayError connection_not_found
     */
    newest(id: string): ConnectionRecord
    /** The connection is gone: whoever still waits for its token is told so now. */
    removed(id: string): void
  }

export function createTokenEngine(deps: TokenEngineDeps): TokenEngine {
  const { book, cache, tokenClock, usage, attempts } = deps
  const renewals = createRenewals(deps)
  const forced = { caller: createForcedRefreshes(deps.clock), proxy: createForcedRefreshes(deps.clock) }
  const ok = answering(createTokenServer(deps))
  const { renewIfNeeded, underWayMs } = renewals
  const waiting = { ...deps, ok, renewIfNeeded, underWayMs }

  const answer = async (record: ConnectionRecord, ask: TokenAsk): Promise<TokenResult> => {
    const { rejected, rejectedBy = 'caller' } = ask
    // Otherwise somebody renewed it already: the caller only has to take the newer one.
    const isRefused = rejected !== undefined && isCurrent(deps, record, rejected)
    const waitMs = isRefused ? forced[rejectedBy].take(record.id, record.generation) : 0
    if (waitMs > 0) return replacedJustNow(deps, record, waitMs)
    const need = needOf(ask, record, isRefused ? 'yes' : 'no')
    if (meets(record, need, tokenClock) && !deps.earlierMarks.has(record.id)) return ok(record, ask)
    const canRenew = refreshWay(record, deps.providerOf(record.providerId).spec) !== 'none'
    const isAlive = tokenClock.remainingMs(record) > 0 && need.notGeneration === null
    return !canRenew && isAlive ? ok(record, ask) : waitForRenewal(waiting, record.id, ask, need)
  }

  const replaced = (id: string): void => {
    for (const each of [tokenClock, forced.caller, forced.proxy]) each.forget(id)
    for (const each of [cache, deps.unsaved]) each.drop(id)
    attempts.clear(id)
    deps.earlierMarks.delete(id)
  }

  return {
    ...usage,
    ...renewals,
    peek: cache.peek,
    async get(id, ask) {
      if (deps.isClosing()) throw new KeywayError('shutting_down')
      deps.lookAtClock()
      const record = book.need(id)
      if (!deps.box.unlocked) throw new KeywayError('vault_locked')
      try {
        return refusal(deps, record, ask) ?? (await answer(record, ask))
      } catch (error) {
        if (!(error instanceof KeywayError) || error.code !== 'data_damaged') throw error
        return { kind: 'reconnect_needed', failure: error }
      }
    },
    mayReplace(id, generation) {
      const record = book.get(id)
      return record?.generation !== generation || forced.proxy.waitMs(id, generation) === 0
    },
    replaced,
    newest: (id) => deps.unsaved.newest(book.need(id)),
    removed(id) {
      replaced(id)
      renewals.abandon(id, new KeywayError('not_connected', { details: { connectionId: id } }))
    },
  }
}

const answering =
  (serve: TokenServer) =>
  (record: ConnectionRecord, ask: TokenAsk): TokenResult => ({ kind: 'ok', token: serve(record, ask) })

function isCurrent(
  { cache, box }: TokenEngineDeps,
  record: ConnectionRecord,
  rejected: TokenAsk['rejected'] & {},
): boolean {
  if (rejected === 'current') return true
  if ('generation' in rejected) return rejected.generation === record.generation
  const held = cache.held(record.id)
  const { accessToken } = held?.generation === record.generation ? held : openTokens(box, record)
  return rejected.equals(accessToken)
}

/** The provider is not asked again for every caller that finds fault with a token that is seconds old. */
function replacedJustNow(deps: TokenEngineDeps, record: ConnectionRecord, waitMs: number): TokenResult {
  const retryAt = deps.clock.now() + waitMs
  const { slug } = deps.providerOf(record.providerId)
  const failure = new KeywayError('retrying', {
    message:
      'The token was renewed a moment ago and is refused again; it can be replaced once more in a moment.',
    details: { ...failureDetails(record, slug), retryAt },
  })
  return { kind: 'retrying', retryAt, failure }
}

/** What is said without looking at the token: scopes that were never granted, and a grant that has ended. */
function refusal(deps: TokenEngineDeps, record: ConnectionRecord, ask: TokenAsk): TokenResult | null {
  const { slug, spec } = deps.providerOf(record.providerId)
  const missing = missingScopes(ask.scopes ?? [], record.grantedScopes, spec.scopes.aliases)
  if (missing.length > 0) {
    const details = { ...failureDetails(record, slug), missingScopes: missing }
    return { kind: 'reconnect_needed', failure: new KeywayError('scope_missing', { details }) }
  }
  const last = rememberedFailure(record, slug)
  return last?.kind === 'ended' ? tokenResultOf(last) : null
}

/** Callers may say that a token was refused, but not make Keyway hammer the provider with it. */
const LEAST_MS = 10_000

export type ForcedRefreshes = {
  /**
   * How long this generation has to stay, because the one before was replaced a moment ago; 0 when it may be
   * replaced now.
   */
  waitMs(id: string, generation: number): number
  /**
   * The same, and takes the right when there is one. All callers whose same token was refused have it
   * together: they join the one refresh that it takes. What fails is slowed down by its own backoff.
   */
  take(id: string, generation: number): number
  forget(id: string): void
}

export function createForcedRefreshes(clock: Clock): ForcedRefreshes {
  const last = new Map<string, { generation: number; at: number }>()
  const waitMs = (id: string, generation: number): number => {
    const before = last.get(id)
    if (before === undefined || before.generation === generation) return 0
    return Math.max(0, before.at + LEAST_MS - clock.monotonicMs())
  }
  return {
    waitMs,
    take(id, generation) {
      const leftMs = waitMs(id, generation)
      if (leftMs > 0 || last.get(id)?.generation === generation) return leftMs
      last.set(id, { generation, at: clock.monotonicMs() })
      return 0
    },
    forget: (id) => void last.delete(id),
  }
}
