// Scopes as sets: servers reorder, repeat and rename them, so nothing here depends on order.
import type { ProviderSpec } from '../contract/provider-spec.ts'

export type ScopeSeparator = ' ' | ',' | '+'

/**
 * Scopes from a response or a callback: text with the given separator, or an array. Null when it is neither.
 */
export function parseScopes(value: unknown, separator: ScopeSeparator = ' '): string[] | null {
  if (Array.isArray(value)) {
    const names = value.filter((item): item is string => typeof item === 'string')
    return value.length > 0 && names.length === 0 ? null : distinct(names)
  }
  if (typeof value !== 'string') return null
  const names = split(value, separator)
  // Some servers respond with commas although the request used spaces, so that is accepted.
  const [only] = names
  return distinct(names.length === 1 && only !== undefined && only.includes(',') ? split(only, ',') : names)
}

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

/** These request tokens, not access, and many servers never return them. */
const protocolScopes = new Set(['openid', 'offline_access', 'offline'])

/**
 * The requested scopes that were not granted. A full name (`https://api.example/Files.Read`) covers its short
 * form, and `aliases` (requested → granted name) covers servers that use other names.
 */
export function missingScopes(
  requested: readonly string[],
  granted: readonly string[],
  aliases: Readonly<Record<string, string>> = {},
): string[] {
  const have = new Set(granted)
  const covered = (scope: string): boolean =>
    have.has(scope) ||
    protocolScopes.has(scope) ||
    (Object.hasOwn(aliases, scope) && have.has(aliases[scope] ?? '')) ||
    granted.some((other) => other.includes('://') && other.endsWith(`/${scope}`))
  return distinct(requested).filter((scope) => !covered(scope))
}

function split(text: string, separator: ScopeSeparator): string[] {
  // A scope contains no spaces, so a space always separates two, also where a server uses commas.
  return text.split(separator === ' ' ? /\s+/ : separator === ',' ? /[,\s]+/ : separator)
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
