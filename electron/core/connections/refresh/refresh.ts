// One refresh of a connection's tokens, safe against a crash at any point. The order protects rotating
// refresh tokens:
// 1. a refresh marker is durable in the record, 2. the request is sent, 3. the response is durable,
// 4. a caller gets the token.
// A crash between the rotation at the provider and step 3 cannot be prevented by any client. The marker lets
// the next start explain it.
import type { ConnectionRecord } from '../../../../shared/contract/connection.ts'
import { asKeywayError, KeywayError } from '../../../../shared/contract/errors.ts'
import { Secret } from '../../../../shared/contract/secret.ts'
import { failedOutcome } from '../../../../shared/domain/expiry.ts'
import type { AuditLog } from '../../keyway.ts'
import { isClientRefusal } from '../../oauth/client-authentication.ts'
import type { FailedTokenOutcome } from '../../oauth/token/errors.ts'
import type { OAuthClient, ResolvedProvider, TokenResponse, TokenOutcome } from '../../oauth/types.ts'
import type { Clock, Logger } from '../../ports.ts'
import type { ProviderFindings } from '../../providers/changes.ts'
import type { SecretBox } from '../../vault/status.ts'
import { appendHistory, refreshedRecord, rotatesRefreshToken } from '../store/record.ts'
import { openTokens, type OpenTokens } from '../store/sealed.ts'
import type { ConnectionStore } from '../store/store.ts'
import type { TokenClock } from '../tokens/freshness.ts'
import { type Backoff, refreshMethod } from './backoff.ts'
import { failureDetails, refreshFailureOf, type RefreshResult } from './errors.ts'
import type { PendingTokenWrites } from './pending-writes.ts'

/** Refreshes now. The caller holds the connection's lock and has decided that a refresh is needed. */
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
  if (outcome.kind !== 'ok') {
    return recordFailure(deps, record, provider, {
      outcome: forgottenClient(deps, provider, outcome),
      unanswered,
    })
  }
  noteAccepted(deps, provider, outcome.withoutResource === true)
  return saveResponse(deps, record, provider, outcome.response)
}

/**
 * If the provider forgot a client that it had registered, only a new sign-in helps: it registers a new one.
 * The refresh is still repeated later, because the refusal may be temporary.
 */
function forgottenClient(
  { registry, logger }: RefreshDeps,
  provider: ResolvedProvider,
  outcome: FailedTokenOutcome,
): FailedTokenOutcome {
  if (outcome.kind !== 'config_error' || !isClientRefusal(outcome.code, outcome.message)) return outcome
  try {
    if (registry?.().saveClientRefused(provider.id) !== true) return outcome
  } catch (error) {
    logger.warn('That a client was refused could not be saved', { provider: provider.slug, error })
    return outcome
  }
  const message = `${outcome.code}. The next sign-in registers a new client.`
  return { kind: 'refused', code: outcome.code, message }
}

function noteAccepted(
  { registry, logger }: RefreshDeps,
  { id, slug }: ResolvedProvider,
  withoutResource: boolean,
): void {
  try {
    registry?.().saveClientAccepted(id)
    if (withoutResource) registry?.().saveRefreshWithoutResource(id)
  } catch (error) {
    logger.warn('What a refresh showed about a provider could not be saved', { provider: slug, error })
  }
}

/** The reason why a request cannot succeed; null if it can. */
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
 * Writes the refresh marker durably. Without it no request is sent that could use up a refresh token: a disk
 * that cannot store the marker cannot store the response either.
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
    // Servers under load or behind a filter send misleading error codes, so a rejection is confirmed by a
    // second request.
    await new Promise<void>((resolve) => void deps.clock.after(deps.confirmAfterMs, resolve))
    return requestTokens(deps, provider, record, tokens)
  }
  if (first.kind !== 'ended' || provider.spec.refresh.rotates !== 'no' || record.sealedPrevious === null)
    return first
  // This provider does not rotate, but its last response contained another refresh token, which never worked.
  // The previous one may still work. Never done if the provider may rotate: it would treat the old token as
  // stolen and revoke the authorization.
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
    // A sign-in that finished meanwhile stored newer tokens than this response.
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
    // The connection was disconnected during the request, so the new tokens are revoked at the provider.
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
  // The refresh token on disk stays valid, so a crash loses nothing and the access token can be used now.
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
  // The marker stays while a response may have been lost, in this attempt or before. Only a successful
  // refresh or a revoked authorization resolves it.
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
  /** Stores what a refresh finds out about the provider. Absent: it is not stored. */
  registry?: (() => ProviderFindings) | undefined
  /** @throws KeywayError vault_locked | provider_not_found */
  resolve: (providerId: string) => ResolvedProvider
  /** Connections whose refresh marker was found at startup. */
  unconfirmedRefreshes: ReadonlySet<string>
  /** Resolves when everything that a refresh needs is loaded. Absent: nothing to wait for. */
  warmUp?: (() => Promise<void>) | undefined
  /** Pause in milliseconds before a rejection is confirmed. */
  confirmAfterMs: number
  onRefreshed: (id: string) => void
  revokeOrphaned: (
    provider: ResolvedProvider,
    record: ConnectionRecord,
    response: TokenResponse,
  ) => Promise<void>
}

/** Longer than the client's own deadline. A safeguard, so that a connection's lock is never held forever. */
const ABORT_AFTER_MS = 25_000

/**
 * The token request of a refresh. An exception counts as a temporary failure whose request may have been
 * sent.
 */
async function requestTokens(
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
