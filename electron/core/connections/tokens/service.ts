// Serves tokens: from memory if valid, else through one refresh shared by all callers of a connection. No
// caller waits beyond its deadline; the refresh continues.
import type { ConnectionRecord } from '../../../../shared/contract/connection.ts'
import { KeywayError } from '../../../../shared/contract/errors.ts'
import { missingScopes } from '../../../../shared/domain/scope-comparison.ts'
import type { Clock } from '../../ports.ts'
import type { ProviderStore } from '../../providers/store.ts'
import { refreshMethod } from '../refresh/backoff.ts'
import {
  createRefreshCoordinator,
  type RefreshCoordinator,
  type RefreshCoordinatorDeps,
  waitForRefresh,
} from '../refresh/coordinator.ts'
import { failureDetails, rememberedFailure, tokenResultOf } from '../refresh/errors.ts'
import { openTokens } from '../store/sealed.ts'
import type { Usage } from '../usage.ts'
import { meetsRequirements, requirementsOf } from './freshness.ts'
import { createTokenServer, type TokenServer } from './serve.ts'
import type { ServedToken, TokenOptions, TokenResult, TokenService } from './types.ts'

export type TokenServiceDeps = RefreshCoordinatorDeps & {
  usage: Usage
  providers: Pick<ProviderStore, 'byId'>
  state: { readonly isClosing: boolean }
  /** Called before any decision that depends on the clock. */
  checkClock: () => void
}

/** {@link TokenService}, plus what the rest of the core needs. */
export type InternalTokenService = TokenService &
  Pick<RefreshCoordinator, 'refreshNow' | 'whenIdle' | 'whenAllIdle' | 'anyUnderWay'> & {
    /** The token set was replaced, renamed or removed: drops everything cached about it. */
    replaced(id: string): void
    /**
     * The record with the newest tokens, including those not yet on disk.
     * @throws KeywayError connection_not_found
     */
    newest(id: string): ConnectionRecord
    /** The connection was removed: rejects callers that wait for its token. */
    removed(id: string): void
  }

export function createTokenService(deps: TokenServiceDeps): InternalTokenService {
  const { records, cache, tokenClock, usage, backoff, unconfirmedRefreshes } = deps
  const coordinator = createRefreshCoordinator(deps)
  const forced = { caller: createForcedRefreshLimit(deps.clock), proxy: createForcedRefreshLimit(deps.clock) }
  const ok = answering(createTokenServer(deps))
  const waiting = { ...deps, ...coordinator, ok }

  const answer = async (record: ConnectionRecord, options: TokenOptions): Promise<TokenResult> => {
    const { rejected, rejectedBy = 'caller' } = options
    // Otherwise the token was already refreshed and the caller only has to use the newer one.
    const isRefused = rejected !== undefined && isCurrent(deps, record, rejected)
    const waitMs = isRefused ? forced[rejectedBy].take(record.id, record.generation) : 0
    // A provider is not asked again for every caller that reports a token that is seconds old.
    if (waitMs > 0) return retryLater(deps, record, { waitMs, message: REFRESHED_JUST_NOW })
    const required = requirementsOf(options, record, isRefused ? 'yes' : 'no')
    if (meetsRequirements(record, required, tokenClock) && !unconfirmedRefreshes.has(record.id))
      return ok(record, options)
    const canRenew = refreshMethod(record, deps.providerOf(record.providerId).spec) !== 'none'
    const isAlive = tokenClock.remainingMs(record) > 0 && required.notGeneration === null
    if (!canRenew && isAlive) return ok(record, options)
    const refused = isRefused && rejectedBy === 'caller' ? openTokens(deps.box, record).accessToken : null
    const result = await waitForRefresh(waiting, record.id, options, required)
    // Some providers give the same token again until shortly before its end.
    if (result.kind !== 'ok' || refused?.equals(result.token.accessToken) !== true) return result
    const message = 'The provider gave the very token again that was refused.'
    return retryLater(deps, record, { waitMs: MIN_MS, message })
  }

  const replaced = (id: string): void => {
    for (const each of [tokenClock, forced.caller, forced.proxy]) each.forget(id)
    for (const each of [cache, deps.pendingTokenWrites]) each.drop(id)
    backoff.clear(id)
    unconfirmedRefreshes.delete(id)
  }

  return {
    ...usage,
    ...coordinator,
    peek: cache.peek,
    ready: (id) => readyToken(deps, id),
    async get(id, options) {
      if (deps.state.isClosing) throw new KeywayError('shutting_down')
      deps.checkClock()
      const record = records.getOrThrow(id)
      if (!deps.box.unlocked) throw new KeywayError('vault_locked')
      try {
        return refusal(deps, record, options) ?? (await answer(record, options))
      } catch (error) {
        if (!(error instanceof KeywayError) || error.code !== 'data_damaged') throw error
        return { kind: 'reconnect_needed', failure: error }
      }
    },
    mayReplace(id, generation) {
      const record = records.get(id)
      return record?.generation !== generation || forced.proxy.waitMs(id, generation) === 0
    },
    replaced,
    newest: (id) => deps.pendingTokenWrites.newest(records.getOrThrow(id)),
    removed(id) {
      replaced(id)
      coordinator.cancelWaiters(id, new KeywayError('not_connected', { details: { connectionId: id } }))
    },
  }
}

const answering =
  (serve: TokenServer) =>
  (record: ConnectionRecord, options: TokenOptions): TokenResult => ({
    kind: 'ok',
    token: serve(record, options),
  })

function readyToken(deps: TokenServiceDeps, id: string): ServedToken | null {
  if (deps.state.isClosing || !deps.box.unlocked) return null
  deps.checkClock()
  const record = deps.records.get(id)
  if (record === null || record.lastOutcome.status !== 'ok' || deps.unconfirmedRefreshes.has(id)) return null
  if (!isProviderUsable(deps, record.providerId)) return null
  const token = deps.cache.peek(id, deps.clock.now())
  return token?.generation === record.generation ? token : null
}

/** False for one that is gone, or was changed outside Keyway. */
function isProviderUsable({ box, providers }: TokenServiceDeps, id: string): boolean {
  try {
    box.gate?.provider(id)
    return providers.byId(id) !== null
  } catch {
    return false
  }
}

function isCurrent(
  { cache, box }: TokenServiceDeps,
  record: ConnectionRecord,
  rejected: TokenOptions['rejected'] & {},
): boolean {
  if (rejected === 'current') return true
  if ('generation' in rejected) return rejected.generation === record.generation
  const held = cache.get(record.id)
  const { accessToken } = held?.generation === record.generation ? held : openTokens(box, record)
  return rejected.equals(accessToken)
}

const REFRESHED_JUST_NOW =
  'The token was renewed a moment ago and is refused again; it can be replaced once more in a moment.'

/** No token now, because the only one is the one that was refused. */
function retryLater(
  deps: TokenServiceDeps,
  record: ConnectionRecord,
  { waitMs, message }: { waitMs: number; message: string },
): TokenResult {
  const retryAt = deps.clock.now() + waitMs
  const { slug } = deps.providerOf(record.providerId)
  const failure = new KeywayError('retrying', {
    message,
    details: { ...failureDetails(record, slug), retryAt },
  })
  return { kind: 'retrying', retryAt, failure }
}

/** Rejections that do not depend on the token: scopes that were not granted, or a revoked authorization. */
function refusal(
  deps: TokenServiceDeps,
  record: ConnectionRecord,
  options: TokenOptions,
): TokenResult | null {
  const { slug, spec } = deps.providerOf(record.providerId)
  const missing = missingScopes(options.scopes ?? [], record.grantedScopes, spec.scopes)
  if (missing.length > 0) {
    const details = { ...failureDetails(record, slug), missingScopes: missing }
    return { kind: 'reconnect_needed', failure: new KeywayError('scope_missing', { details }) }
  }
  const last = rememberedFailure(record, slug)
  return last?.kind === 'ended' ? tokenResultOf(last) : null
}

/**
 * Minimum time between forced refreshes, so that callers that report rejected tokens cannot overload the
 * provider.
 */
const MIN_MS = 10_000

export type ForcedRefreshLimit = {
  /**
   * Milliseconds until this generation may be replaced, because the previous one was just replaced; 0 if it
   * may be replaced now.
   */
  waitMs(id: string, generation: number): number
  /**
   * The same, and claims the refresh if it is allowed. All callers that report the same token share the claim
   * and join one refresh. Failures have their own backoff.
   */
  take(id: string, generation: number): number
  forget(id: string): void
}

export function createForcedRefreshLimit(clock: Clock): ForcedRefreshLimit {
  const last = new Map<string, { generation: number; at: number }>()
  const waitMs = (id: string, generation: number): number => {
    const before = last.get(id)
    if (before === undefined || before.generation === generation) return 0
    return Math.max(0, before.at + MIN_MS - clock.monotonicMs())
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
