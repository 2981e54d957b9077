// Scopes as sets: servers reorder, repeat and rename them, so nothing here depends on order.
import type { ProviderSpec } from '../contract/provider-spec.ts'

export type ScopeSeparator = ' ' | ',' | '+'

/**
 * Scopes from a reply or a callback: text with the given separator, or an array. Null when there is nothing
 * that says.
 */
export function parseScopes(value: unknown, separator: ScopeSeparator = ' '): string[] | null {
  if (Array.isArray(value)) {
    const names = value.filter((item): item is string => typeof item === 'string')
    return value.length > 0 && names.length === 0 ? null : distinct(names)
  }
  if (typeof value !== 'string') return null
  const names = split(value, separator)
  // A server that answers with commas though it was asked with spaces: seen often enough to be read as meant.
  const [only] = names
  return distinct(names.length === 1 && only !== undefined && only.includes(',') ? split(only, ',') : names)
}

/** Scopes for a request, each once, in the order given. */
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

/** These ask for tokens, not for access, and many servers never echo them. */
const protocolScopes = new Set(['openid', 'offline_access', 'offline'])

/**
 * What was requested and is not among the granted. A full name (`https://api.example/Files.Read`) covers its
 * short one, and `aliases` (requested → granted name) covers servers that answer with other names.
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
  // A scope has no spaces, so that a space always parts two, also where a server was asked with commas.
  return text.split(separator === ' ' ? /\s+/ : separator === ',' ? /[,\s]+/ : separator)
}

function distinct(scopes: readonly string[]): string[] {
  return [...new Set(scopes.map((scope) => scope.trim()).filter((scope) => scope !== ''))]
}

/**
 * The scope that would bring a refresh token and was not asked for, or null. OpenID Connect Core 11: without
 * offline_access a server owes nobody one; a provider that is known to want something else says so in its
 * spec.
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
