import type { ProviderSpec } from '../contract/provider-spec.ts'

/**
 * The scope that would bring a refresh token and was not asked for, or null. OpenID Connect Core 11: without offline_access a server owes
 * nobody one; a provider that is known to want something else says so in its spec.
 */
export function offlineScope(
  { refresh, discovery, scopes }: Pick<ProviderSpec, 'refresh' | 'discovery' | 'scopes'>,
  requested: readonly string[],
): string | null {
  if (refresh.supported === 'no') return null
  const isOpenId = discovery.issuer !== null && requested.includes('openid') && !scopes.none
  const wanted = refresh.needsScope ?? (isOpenId && refresh.needsParam === null ? 'offline_access' : null)
  return wanted === null || requested.includes(wanted) ? null : wanted
}
