import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { asKeywayError } from '../../../shared/contract/errors.ts'
import type { OAuthClient, ResolvedProvider, TokenOutcome } from '../oauth/oauth-client.ts'
import type { Clock, Logger } from '../ports.ts'
import { refreshWay } from './refresh-way.ts'
import type { OpenTokens } from './sealed-tokens.ts'

/** Above the client's own deadline: only for one that forgot it, so that a connection's turn is never held for ever. */
const ABORT_AFTER_MS = 25_000

/** The one token request of a renewal. Whatever is thrown counts as a passing failure whose request may have gone out. */
export async function askForTokens(
  { oauth, clock, logger }: { oauth: OAuthClient; clock: Clock; logger: Logger },
  provider: ResolvedProvider,
  record: ConnectionRecord,
  tokens: OpenTokens,
): Promise<TokenOutcome> {
  const abort = new AbortController()
  const cancel = clock.after(ABORT_AFTER_MS, () => abort.abort())
  try {
    if (refreshWay(record, provider.spec) === 'client_credentials') {
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
