// Ends a grant at the person's word: at the provider when it can, here in any case, and the result says which of the two happened.
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import type { DisconnectResult } from '../../../shared/contract/ui-api.ts'
import type { OAuthClient, RefreshRequest, ResolvedProvider, TokenAnswer } from '../oauth/oauth-client.ts'
import type { Clock, Logger } from '../ports.ts'
import type { SecretBox } from '../secret-box.ts'
import { within } from '../vault/within.ts'
import { openTokens } from './sealed-tokens.ts'

const REVOCATION_MS = 3_000
const unfinished = 'the provider did not answer in time'

export type RevocationDeps = {
  oauth: OAuthClient
  box: SecretBox
  clock: Clock
  logger: Logger
  /** Less than the revocation's own three seconds, where something else was waited for already. */
  timeoutMs?: number
}

/** Never throws: whatever goes wrong, the local removal follows. */
export async function revokeAtProvider(
  deps: RevocationDeps,
  resolve: () => ResolvedProvider,
  record: ConnectionRecord,
): Promise<{ revoked: 'at_provider' | 'not_supported' | 'failed'; message: string }> {
  try {
    const provider = resolve()
    return await bounded(deps, provider, requestFor(record, openTokens(deps.box, record)))
  } catch (error) {
    deps.logger.warn('A grant could not be revoked', { connectionId: record.id, error })
    return { revoked: 'failed', message: error instanceof Error ? error.message : unfinished }
  }
}

/** For tokens that arrive when nobody wants them any more. */
export async function revokeAnswer(
  deps: RevocationDeps,
  provider: ResolvedProvider,
  about: { redirectUri: string | null; scopes: readonly string[] },
  answer: TokenAnswer,
): Promise<void> {
  const request = {
    refreshToken: answer.refreshToken,
    accessToken: answer.accessToken,
    scopes: about.scopes,
    redirectUri: about.redirectUri,
    dpopKey: answer.dpopKey,
    values: answer.values,
  }
  const { revoked, message } = await bounded(deps, provider, request)
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

/** The vault is locked. */
export function queuedResult(providerName: string): DisconnectResult {
  return {
    revoked: 'queued',
    message: `Removed here. It is revoked at ${providerName} when you unlock the vault.`,
    manageUrl: null,
  }
}

/** It was unlocked, and the provider did not answer. */
export function notYetResult(providerName: string, why: string): DisconnectResult {
  return {
    revoked: 'local_only',
    message: `Not revoked at ${providerName} yet (${why}). It is tried again at the next unlock.`,
    manageUrl: null,
  }
}

function bounded(
  { oauth, clock, timeoutMs = REVOCATION_MS }: RevocationDeps,
  provider: ResolvedProvider,
  request: RefreshRequest,
): Promise<{ revoked: 'at_provider' | 'not_supported' | 'failed'; message: string }> {
  return within(clock, timeoutMs, oauth.revoke(provider, request), () => new Error(unfinished)).catch(
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
