// What becomes of the grant that a fresh sign-in took the place of. It is ended at the provider where that cannot end the new one too.
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import type { ProviderSpec } from '../../../shared/contract/provider-spec.ts'
import type { Activity } from '../keyway.ts'
import { resolveProvider } from '../providers/create-providers.ts'
import type { ProviderBook } from '../providers/provider-book.ts'
import type { SecretBox } from '../secret-box.ts'
import { sameAccount } from './connection-record.ts'
import { revokeAtProvider, type RevocationDeps } from './disconnect.ts'
import { openTokens } from './sealed-tokens.ts'

export type Superseded = { before: ConnectionRecord; after: ConnectionRecord }

/** To be called once the new tokens are durable. Never throws. */
export async function endSuperseded(
  deps: RevocationDeps & { providers: ProviderBook; activity: Pick<Activity, 'append'> },
  { before, after }: Superseded,
): Promise<void> {
  const { providers, box, logger } = deps
  try {
    const provider = providers.need(before.providerId)
    const { preset, slug } = provider
    if (!mayBeRevoked(box, { preset, spec: providers.specOf(provider) }, { before, after })) return
    const { revoked, message } = await revokeAtProvider(
      deps,
      () => resolveProvider(providers, box, provider),
      before,
    )
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
 * Another account's grant always is a grant of its own. One of the same account only where the provider makes a grant of each sign-in, as a
 * plain OAuth server does: OpenID providers bind grants to the browser's session, many well-known services have one for each account and
 * client, and a pasted token belongs to a grant that is older than the paste. There one revocation would end the fresh grant with the old.
 * @throws KeywayError vault_locked | data_damaged
 */
export function mayBeRevoked(
  box: SecretBox,
  provider: { preset: string | null; spec: Pick<ProviderSpec, 'revocation'> },
  { before, after }: Superseded,
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
