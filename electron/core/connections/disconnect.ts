// Ends an authorization for the person: revokes it at the provider if possible and removes it here in any
// case. The result says which happened.
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import type { ProviderSpec } from '../../../shared/contract/provider-spec.ts'
import type { DisconnectResult } from '../../../shared/contract/ui-api.ts'
import { withTimeout } from '../async.ts'
import type { AuditLog } from '../keyway.ts'
import type { OAuthClient, RefreshRequest, ResolvedProvider, TokenResponse } from '../oauth/types.ts'
import type { Clock, Logger } from '../ports.ts'
import { type ProviderStore, resolveProvider } from '../providers/store.ts'
import type { SecretBox } from '../vault/status.ts'
import type { FlowDeps, PendingSignIn } from './sign-in/sessions.ts'
import { sameAccount } from './store/record.ts'
import { openTokens } from './store/sealed.ts'

const REVOCATION_MS = 3_000
const unfinished = 'the provider did not answer in time'

export type RevocationDeps = {
  oauth: OAuthClient
  box: SecretBox
  clock: Clock
  logger: Logger
  /** Milliseconds; less than the revocation's own three seconds if the caller has waited before. */
  timeoutMs?: number
}

/** Never throws: the local removal follows in any case. */
export async function revokeAtProvider(
  deps: RevocationDeps,
  resolve: () => ResolvedProvider,
  record: ConnectionRecord,
): Promise<{ revoked: 'at_provider' | 'not_supported' | 'failed'; message: string }> {
  try {
    const provider = resolve()
    return await revokeInTime(deps, provider, requestFor(record, openTokens(deps.box, record)))
  } catch (error) {
    deps.logger.warn('A grant could not be revoked', { connectionId: record.id, error })
    return { revoked: 'failed', message: error instanceof Error ? error.message : unfinished }
  }
}

/** Revokes tokens that arrived but are no longer needed. */
export async function revokeTokenResponse(
  deps: RevocationDeps,
  provider: ResolvedProvider,
  about: { redirectUri: string | null; scopes: readonly string[] },
  response: TokenResponse,
): Promise<void> {
  const request = {
    refreshToken: response.refreshToken,
    accessToken: response.accessToken,
    scopes: about.scopes,
    redirectUri: about.redirectUri,
    dpopKey: response.dpopKey,
    values: response.values,
  }
  const { revoked, message } = await revokeInTime(deps, provider, request)
  deps.logger.info('Tokens that nobody wants were given back', { provider: provider.slug, revoked, message })
}

export function disconnectResult(
  revocation: { revoked: 'at_provider' | 'not_supported' | 'failed'; message: string },
  about: { providerName: string; manageUrl: string | null },
): DisconnectResult {
  const { providerName, manageUrl } = about
  if (revocation.revoked === 'at_provider') {
    return {
      revoked: 'at_provider',
      message: `Revoked at ${providerName} and removed here.`,
      manageUrl: null,
    }
  }
  const why =
    revocation.revoked === 'not_supported' ? `${providerName} offers no revocation` : revocation.message
  return {
    revoked: 'local_only',
    message: `Removed here only (${why}). End it at ${providerName} itself${manageUrl === null ? '' : `: ${manageUrl}`}.`,
    manageUrl,
  }
}

/** The result while the vault is locked. */
export function queuedResult(providerName: string): DisconnectResult {
  return {
    revoked: 'queued',
    message: `Removed here. It is revoked at ${providerName} when you unlock the vault.`,
    manageUrl: null,
  }
}

/** The result if the provider did not respond. */
export function notYetResult(providerName: string, why: string): DisconnectResult {
  return {
    revoked: 'local_only',
    message: `Not revoked at ${providerName} yet (${why}). It is tried again at the next unlock.`,
    manageUrl: null,
  }
}

function revokeInTime(
  { oauth, clock, timeoutMs = REVOCATION_MS }: RevocationDeps,
  provider: ResolvedProvider,
  request: RefreshRequest,
): Promise<{ revoked: 'at_provider' | 'not_supported' | 'failed'; message: string }> {
  return withTimeout(clock, timeoutMs, oauth.revoke(provider, request), () => new Error(unfinished)).catch(
    (error: unknown) => ({ revoked: 'failed', message: error instanceof Error ? error.message : unfinished }),
  )
}

function requestFor(record: ConnectionRecord, tokens: ReturnType<typeof openTokens>): RefreshRequest {
  return {
    refreshToken: tokens.refreshToken,
    accessToken: tokens.accessToken,
    scopes: record.requestedScopes,
    redirectUri: record.values['redirect_uri'] ?? null,
    dpopKey: tokens.dpopKey,
    values: record.values,
  }
}

// The authorization that a new sign-in replaced. It is revoked at the provider if that cannot revoke the new
// one too.

export type ReplacedConnection = { before: ConnectionRecord; after: ConnectionRecord }

/** To be called when the new tokens are durable. Never throws. */
export async function revokePreviousAuthorization(
  deps: RevocationDeps & { providers: ProviderStore; activity: Pick<AuditLog, 'append'> },
  { before, after }: ReplacedConnection,
): Promise<void> {
  const { providers, box, logger } = deps
  try {
    const provider = providers.getOrThrow(before.providerId)
    const { preset, slug } = provider
    if (!mayBeRevoked(box, { preset, spec: providers.specOf(provider) }, { before, after })) return
    const { revoked, message } = await revokeAtProvider(deps, () => resolveProvider(deps, provider), before)
    if (revoked === 'not_supported') return
    deps.activity.append({
      kind: 'connect',
      outcome: 'ok',
      connectionId: after.id,
      providerSlug: slug,
      account: after.account,
      note: `The grant before: ${message}`.slice(0, 500),
    })
  } catch (error) {
    logger.warn('The grant before a sign-in could not be looked at', { connectionId: after.id, error })
  }
}

/**
 * Another account always has a separate authorization. The same account has one only if the provider creates
 * an authorization per sign-in, as a plain OAuth server does. OpenID providers bind it to the browser
 * session, many well-known services have one per account and client, and a pasted token belongs to an older
 * one. There a revocation would end the new authorization too.
 * @throws KeywayError vault_locked | data_damaged
 */
function mayBeRevoked(
  box: SecretBox,
  provider: { preset: string | null; spec: Pick<ProviderSpec, 'revocation'> },
  { before, after }: ReplacedConnection,
): boolean {
  if (sameAccount(before, after) === 'no') return true
  const { lastOutcome } = before
  if (lastOutcome.status === 'reconnect_needed' && lastOutcome.retryAt === null) return false
  if (provider.preset !== null || provider.spec.revocation?.revokesAll === true) return false
  if (after.how !== 'authorization_code' && after.how !== 'device_code') return false
  const [old, fresh] = [openTokens(box, before), openTokens(box, after)]
  if (fresh.idToken !== null || after.requestedScopes.includes('openid')) return false
  if (old.refreshToken === null || fresh.refreshToken === null) return false
  return !old.refreshToken.equals(fresh.refreshToken) && !old.accessToken.equals(fresh.accessToken)
}

/**
 * Revokes unused tokens, but only of an account that is certainly not connected here: many providers end all
 * authorizations of an account and client with one revocation, and a discarded sign-in must not end a working
 * connection.
 */
export async function revokeUnused(
  deps: Pick<FlowDeps, 'records' | 'oauth' | 'box' | 'clock' | 'logger'>,
  pending: PendingSignIn,
): Promise<void> {
  const siblings = deps.records.ofProvider(pending.provider.id)
  if (!siblings.every((sibling) => sameAccount(sibling, pending.sign) === 'no')) return
  const about = { redirectUri: pending.redirectUri, scopes: pending.sign.requestedScopes }
  await revokeTokenResponse(deps, pending.provider, about, pending.response)
}
