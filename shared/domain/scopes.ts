// Scopes as sets: servers reorder, repeat and rename them, so nothing here depends on order.
import type { ProviderSpec } from '../contract/provider-spec.ts'
import type { ScopeReading, ScopeSeparator } from '../contract/scope-list.ts'

/** Scopes for a request, without duplicates, in the given order. */
export function joinScopes(scopes: readonly string[], separator: ScopeSeparator = ' '): string {
  return distinct(scopes).join(separator)
}

export function sameScopes(one: readonly string[], other: readonly string[]): boolean {
  const left = new Set(one)
  const right = new Set(other)
  return left.size === right.size && [...left].every((scope) => right.has(scope))
}

export function unionScopes(...lists: ReadonlyArray<readonly string[]>): string[] {
  return distinct(lists.flat())
}

/** How to read the provider's lists of scopes; the requested names are not cut. */
export function scopeReading(rules: ProviderSpec['scopes'], requested: readonly string[] = []): ScopeReading {
  const { separator, responseSeparator, meanings, aliases, equivalent } = rules
  const named = [...Object.keys(meanings), ...Object.entries(aliases).flat(), ...equivalent.flat()]
  return { separator: responseSeparator ?? separator, known: [...requested, ...named] }
}

function distinct(scopes: readonly string[]): string[] {
  return [...new Set(scopes.map((scope) => scope.trim()).filter((scope) => scope !== ''))]
}

/**
 * The scope that would yield a refresh token and was not requested, or null. OpenID Connect Core 11: without
 * offline_access a server need not issue one. A provider that needs something else says so in its spec.
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
