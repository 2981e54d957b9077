// One attempt to renew a connection's tokens, safe against a crash at any point. The order is what keeps
// rotating grants alive:
// 1. the record says durably that a refresh is on its way, 2. the request goes out, 3. the answer is durable,
// 4. somebody gets it.
// Between the provider's rotation and 3 there is a window that no client can close; 1 is what lets the next
// start tell the person why.
import type { ConnectionRecord } from '../../../../shared/contract/connection.ts'
import { asKeywayError, KeywayError } from '../../../../shared/contract/errors.ts'
import { Secret } from '../../../../shared/contract/secret.ts'
import { failedOutcome } from '../../../../shared/domain/expiry.ts'
import type { AuditLog } from '../../keyway.ts'
import type { FailedTokenOutcome } from '../../oauth/token/errors.ts'
import type { OAuthClient, ResolvedProvider, TokenResponse, TokenOutcome } from '../../oauth/types.ts'
import type { Clock, Logger } from '../../ports.ts'
import type { SecretBox } from '../../vault/secret-box.ts'
import { appendHistory, refreshedRecord, rotatesRefreshToken } from '../store/record.ts'
import { openTokens, type OpenTokens } from '../store/sealed.ts'
import type { ConnectionStore } from '../store/store.ts'
import type { TokenClock } from '../tokens/clock.ts'
import { type Backoff, refreshMethod } from './backoff.ts'
import { failureDetails, refreshFailureOf, type RefreshResult } from './errors.ts'
import type { PendingTokenWrites } from './pending-writes.ts'

/** Renews now; the caller holds the connection's turn and has decided that it is needed. */
export async function refreshConnection(deps: RefreshDeps, record: ConnectionRecord): Promise<RefreshResult> {
  const provider = deps.resolve(record.providerId)
  const blocked = refreshBlockedReason(deps, record, provider)
  if (blocked !== null) return blocked
  const unanswered =
    record.refreshStartedAt === null
      ? null
      : {
          startedAt: record.refreshStartedAt,
          by: deps.unconfirmedRefreshes.has(record.id) ? ('earlier run' as const) : ('this run' as const),
        }
  if (deps.warmUp !== undefined) await deps.warmUp()
  const unmarked = await writeRefreshMarker(deps, record, provider)
  if (unmarked !== null) return unmarked
  const outcome = await sendRefresh(deps, record, provider)
  if (outcome.kind === 'ok') return saveResponse(deps, record, provider, outcome.response)
  return recordFailure(deps, record, provider, { outcome, unanswered })
}

/** Why no request can be of use. */
function refreshBlockedReason(
  { tokenClock, clock }: RefreshDeps,
  record: ConnectionRecord,
  provider: ResolvedProvider,
): RefreshResult | null {
  const method = refreshMethod(record, provider.spec)
  const details = failureDetails(record, provider.slug)
  if (method === 'none' || (method === 'exchange' && tokenClock.remainingMs(record) <= 0)) {
    const message =
      method === 'none'
        ? 'The token has ended, and the provider gave no refresh token.'
        : 'This provider renews only a living token, and it has ended.'
    return { kind: 'ended', failure: new KeywayError('token_expired', { message, details }) }
  }
  const youngUntil = record.issuedAt + provider.spec.refresh.minAgeSeconds * 1000
  if (clock.now() >= youngUntil || record.issuedAt > clock.now()) return null
  const failure = new KeywayError('retrying', {
    message: 'This provider does not renew a token that is so young.',
    details: { ...details, retryAt: youngUntil },
  })
  return { kind: 'retrying', retryAt: youngUntil, failure }
}

/**
 * Notes durably that a refresh is under way. Without that note nothing is sent that could use up a refresh
 * token: a disk that cannot take the note cannot take the answer either.
 */
async function writeRefreshMarker(
  deps: RefreshDeps,
  record: ConnectionRecord,
  provider: ResolvedProvider,
): Promise<RefreshResult | null> {
  if (refreshMethod(record, provider.spec) === 'client_credentials') return null
  try {
    await deps.records.change(record.id, (current) => ({
      ...current,
      refreshStartedAt: current.refreshStartedAt ?? deps.clock.now(),
    }))
    return null
  } catch (error) {
    if (provider.spec.refresh.rotates === 'no') return null
    const retryAt = deps.backoff.notSaved(record.id)
    const { code, message, nextStep } = asKeywayError(error)
    const failure = new KeywayError(code, {
      message,
      nextStep,
      details: { ...failureDetails(record, provider.slug), retryAt },
      cause: error,
    })
    deps.logger.error('A refresh was not started because it could not be noted on disk', {
      connectionId: record.id,
      code,
      error,
    })
    deps.records.updateLazily(record.id, (current) => ({
      ...current,
      lastOutcome: failedOutcome('retrying', { code, message, nextStep, at: deps.clock.now(), retryAt }),
    }))
    return { kind: 'retrying', retryAt, failure }
  }
}

async function sendRefresh(
  deps: RefreshDeps,
  record: ConnectionRecord,
  provider: ResolvedProvider,
): Promise<TokenOutcome> {
  const tokens = openTokens(deps.box, record)
  const first = await requestTokens(deps, provider, record, tokens)
  if (first.kind === 'refused') {
    // Servers under load or behind a filter say no with odd codes; one more try tells a hiccup from a no.
    await new Promise<void>((resolve) => void deps.clock.after(deps.confirmAfterMs, resolve))
    return requestTokens(deps, provider, record, tokens)
  }
  if (first.kind !== 'ended' || provider.spec.refresh.rotates !== 'no' || record.sealedPrevious === null)
    return first
  // This provider does not rotate, yet its last answer brought another refresh token, and that one never
  // worked: the one before may. Never done where the provider might rotate: there the old token would count
  // as stolen.
  const previous = openTokens(deps.box, record, 'previous')
  if (previous.refreshToken === null || previous.refreshToken.equals(tokens.refreshToken ?? new Secret('')))
    return first
  const second = await requestTokens(deps, provider, record, previous)
  return second.kind === 'ok' ? second : first
}

async function saveResponse(
  deps: RefreshDeps,
  sent: ConnectionRecord,
  provider: ResolvedProvider,
  response: TokenResponse,
): Promise<RefreshResult> {
  const { records, box } = deps
  deps.backoff.clear(sent.id)
  const apply = (current: ConnectionRecord): ConnectionRecord =>
    // A sign-in that finished meanwhile has newer tokens than this answer.
    current.generation === sent.generation
      ? refreshedRecord(current, response, {
          box,
          spec: provider.spec,
          now: deps.clock.now(),
          clientSecret: provider.clientSecret,
        })
      : current
  try {
    await records.change(sent.id, apply)
  } catch (error) {
    return handleSaveFailure(deps, { sent, provider, response, apply, error })
  }
  deps.onRefreshed(sent.id)
  return { kind: 'ok' }
}

async function handleSaveFailure(
  deps: RefreshDeps,
  lost: {
    sent: ConnectionRecord
    provider: ResolvedProvider
    response: TokenResponse
    apply: (current: ConnectionRecord) => ConnectionRecord
    error: unknown
  },
): Promise<RefreshResult> {
  const { sent, provider, response } = lost
  const { code } = asKeywayError(lost.error)
  if (code === 'connection_not_found') {
    // Disconnected while the answer was on its way: what came must not live on at the provider.
    await deps.revokeOrphaned(provider, sent, response)
    return { kind: 'ended', failure: asKeywayError(lost.error) }
  }
  deps.activity.append({
    ...subject(sent, provider),
    kind: 'failure',
    outcome: 'failed',
    code,
    note: 'renewed token not saved',
  })
  const mayBeLost = !deps.box.unlocked || rotatesRefreshToken(deps.box, sent, response)
  if (mayBeLost) return deps.pendingTokenWrites.keep(sent.id, lost.apply, lost.error)
  // The refresh token on disk goes on, so a crash would lose nothing: the access token can be used right
  // away.
  deps.logger.error('A renewed token could not be saved; it is used from memory', {
    connectionId: sent.id,
    code,
  })
  deps.records.updateLazily(sent.id, lost.apply)
  deps.onRefreshed(sent.id)
  return { kind: 'ok' }
}

async function recordFailure(
  deps: RefreshDeps,
  record: ConnectionRecord,
  provider: ResolvedProvider,
  what: {
    outcome: FailedTokenOutcome
    unanswered: { startedAt: number; by: 'this run' | 'earlier run' } | null
  },
): Promise<RefreshResult> {
  const { outcome } = what
  const now = deps.clock.now()
  const { result, lastOutcome } = refreshFailureOf(outcome, {
    record,
    providerSlug: provider.slug,
    now,
    backoff: deps.backoff,
    unanswered: what.unanswered,
  })
  // The mark stays while an answer may have been lost: now, or before, as only a grant that works or has
  // ended settles that.
  const isLost = outcome.kind === 'retry' && outcome.sent
  const markStays = outcome.kind !== 'ended' && (isLost || what.unanswered !== null)
  await deps.records
    .change(record.id, (current) =>
      current.generation === record.generation
        ? {
            ...current,
            refreshStartedAt: markStays ? current.refreshStartedAt : null,
            lastOutcome,
            updatedAt: now,
            life: appendHistory(current, {
              at: now,
              kind: result.kind === 'retrying' ? 'retrying' : 'failed',
              code: outcome.code,
              message: lastOutcome.message,
            }),
          }
        : current,
    )
    .catch((error: unknown) => {
      deps.logger.warn('The outcome of a refresh could not be noted on disk', {
        connectionId: record.id,
        error,
      })
      deps.records.updateLazily(record.id, (current) => ({ ...current, lastOutcome }))
    })
  deps.logger.warn('A refresh failed', { connectionId: record.id, outcome: outcome.kind, code: outcome.code })
  deps.activity.append({
    ...subject(record, provider),
    kind: 'refresh',
    outcome: 'failed',
    code: outcome.code,
  })
  return result
}

function subject(
  record: ConnectionRecord,
  provider: ResolvedProvider,
): { connectionId: string; providerSlug: string; account: string } {
  return { connectionId: record.id, providerSlug: provider.slug, account: record.account }
}

export type RefreshDeps = {
  records: ConnectionStore
  box: SecretBox
  clock: Clock
  logger: Logger
  oauth: OAuthClient
  activity: Pick<AuditLog, 'append'>
  backoff: Backoff
  tokenClock: TokenClock
  pendingTokenWrites: PendingTokenWrites
  /** @throws KeywayError vault_locked | provider_not_found */
  resolve: (providerId: string) => ResolvedProvider
  /** Connections whose mark of an unanswered refresh was found at the start. */
  unconfirmedRefreshes: ReadonlySet<string>
  /** Resolves when all that a refresh needs is loaded. Absent: nothing has to be. */
  warmUp?: (() => Promise<void>) | undefined
  /** Pause before a refusal is confirmed. */
  confirmAfterMs: number
  onRefreshed: (id: string) => void
  revokeOrphaned: (
    provider: ResolvedProvider,
    record: ConnectionRecord,
    response: TokenResponse,
  ) => Promise<void>
}

/**
 * Above the client's own deadline: only for one that forgot it, so that a connection's turn is never held for
 * ever.
 */
const ABORT_AFTER_MS = 25_000

/**
 * The one token request of a renewal. Whatever is thrown counts as a passing failure whose request may have
 * gone out.
 */
export async function requestTokens(
  { oauth, clock, logger }: { oauth: OAuthClient; clock: Clock; logger: Logger },
  provider: ResolvedProvider,
  record: ConnectionRecord,
  tokens: OpenTokens,
): Promise<TokenOutcome> {
  const abort = new AbortController()
  const cancel = clock.after(ABORT_AFTER_MS, () => abort.abort())
  try {
    if (refreshMethod(record, provider.spec) === 'client_credentials') {
      return await oauth.clientCredentials(provider, record.requestedScopes, abort.signal)
    }
    const request = {
      refreshToken: tokens.refreshToken,
      accessToken: tokens.accessToken,
      scopes: record.requestedScopes,
      redirectUri: record.values['redirect_uri'] ?? null,
      dpopKey: tokens.dpopKey,
      values: record.values,
    }
    return await oauth.refresh(provider, request, abort.signal)
  } catch (error) {
    logger.error('The OAuth client failed', { connectionId: record.id, error })
    const { code, message } = asKeywayError(error)
    return { kind: 'retry', code, message, retryAfterMs: null, sent: true }
  } finally {
    cancel()
  }
}
