// Compares requested with granted scopes as the provider does: with its names, its case and its hierarchy.
// Everything that says "missing scopes" or `scope_missing` uses this comparison.
import type { ConnectionRecord } from '../contract/connection.ts'
import type { ProviderSpec } from '../contract/provider-spec.ts'
import { parseScopes } from '../contract/scope-list.ts'
import { unionScopes } from './scopes.ts'

export type ScopeRules = Pick<
  ProviderSpec['scopes'],
  'aliases' | 'equivalent' | 'implies' | 'prefixes' | 'ignoreCase' | 'notReported' | 'allSuffix'
>

const EXACT: ScopeRules = {
  aliases: {},
  equivalent: [],
  implies: {},
  prefixes: [],
  ignoreCase: false,
  notReported: [],
  allSuffix: null,
}

/** These request tokens, not access, and many servers never return them. */
const protocolScopes = new Set(['openid', 'offline_access', 'offline'])

/**
 * The requested scopes that were not granted. Without rules the names are compared exactly (RFC 6749 3.3),
 * with two exceptions. A full name (`https://api.example/Files.Read`) covers its short form. And where a
 * server answers in lower case only, lower case is accepted: to call such a scope missing would be final,
 * because no new sign-in changes the answer, while the API decides about the access in any case.
 */
export function missingScopes(
  requested: readonly string[],
  granted: readonly string[],
  rules: ScopeRules = EXACT,
): string[] {
  if (requested.length === 0) return []
  const given = parseScopes(granted, ' ', requested) ?? []
  const have = everythingIn(given, rules)
  const asked = unionScopes(requested)
  const lowered = given.every((name) => name === name.toLowerCase())
  const isCovered = (scope: string): boolean => {
    const name = canonical(scope, rules)
    if (protocolScopes.has(scope) || have.covers(name) || isNotReported(name, rules)) return true
    const lower = scope.toLowerCase()
    return lowered && !asked.includes(lower) && have.covers(canonical(lower, rules))
  }
  return asked.filter((scope) => !isCovered(scope))
}

/**
 * What a connection lacks of the scopes that it was signed in with, and of those that its provider has now.
 * Of a pasted token whose scopes the provider did not name, nothing is known, so nothing is called missing.
 */
export function scopesToUpgrade(
  connection: Pick<ConnectionRecord, 'how' | 'requestedScopes' | 'grantedScopes'> & {
    scopesConfirmed?: boolean | null
  },
  providerScopes: readonly string[],
  rules: ScopeRules,
): string[] {
  const { how, requestedScopes, grantedScopes, scopesConfirmed } = connection
  const isUnknown = how.startsWith('pasted') && scopesConfirmed !== true
  const wanted = isUnknown ? requestedScopes : unionScopes(requestedScopes, providerScopes)
  return missingScopes(wanted, grantedScopes, rules)
}

type Granted = { covers(name: string): boolean }

/** The granted scopes with all that they include. */
function everythingIn(granted: readonly string[], rules: ScopeRules): Granted {
  const names = new Set(granted.map((scope) => canonical(scope, rules)))
  const patterns: string[] = []
  // A set that grows is visited to its end, so scopes that include each other end the loop.
  for (const name of names) {
    for (const other of includedIn(name, rules)) {
      if (other.includes('*')) patterns.push(other)
      else names.add(other)
    }
  }
  const list = [...names]
  const isBelowFullName = (name: string): boolean =>
    list.some((other) => other.includes('://') && other.endsWith(`/${name}`))
  const isBelowAll = (name: string): boolean => list.some((other) => grantsAllBelow(other, name, rules))
  return {
    covers: (name) =>
      names.has(name) ||
      patterns.some((pattern) => captured(pattern, name) !== null) ||
      isBelowFullName(name) ||
      isBelowAll(name),
  }
}

function includedIn(name: string, rules: ScopeRules): string[] {
  const same = rules.equivalent.filter((group) => group.some((each) => canonical(each, rules) === name))
  const renamed = Object.entries(rules.aliases).filter(([, other]) => canonical(other, rules) === name)
  const implied = Object.entries(rules.implies).flatMap(([scope, others]) => {
    const part = captured(canonical(scope, rules), name)
    if (part === null) return []
    return scope.includes('*') ? others.map((other) => other.replace('*', () => part)) : others
  })
  return [...same.flat(), ...renamed.map(([scope]) => scope), ...implied].map((scope) =>
    canonical(scope, rules),
  )
}

/** The name without a prefix that may be left out, in lower case where the case does not matter. */
function canonical(scope: string, { prefixes, ignoreCase }: ScopeRules): string {
  const name = ignoreCase ? scope.toLowerCase() : scope
  const prefix = prefixes
    .map((each) => (ignoreCase ? each.toLowerCase() : each))
    .find((each) => name.startsWith(each) && name.length > each.length)
  return prefix === undefined ? name : name.slice(prefix.length)
}

/** The part that the `*` stands for; empty for a pattern without one; null if the pattern does not match. */
function captured(pattern: string, name: string): string | null {
  const at = pattern.indexOf('*')
  if (at === -1) return pattern === name ? '' : null
  const [before, after] = [pattern.slice(0, at), pattern.slice(at + 1)]
  const matches =
    name.length > before.length + after.length && name.startsWith(before) && name.endsWith(after)
  return matches ? name.slice(before.length, name.length - after.length) : null
}

function isNotReported(name: string, rules: ScopeRules): boolean {
  if (rules.notReported.some((each) => canonical(each, rules) === name)) return true
  return isAll(name, rules)
}

/** `https://api.example/.default` asks for what the app is set up with; the answer names single scopes. */
function isAll(name: string, { allSuffix }: ScopeRules): boolean {
  return allSuffix !== null && (name === allSuffix || name.endsWith(`/${allSuffix}`))
}

function grantsAllBelow(granted: string, name: string, rules: ScopeRules): boolean {
  if (!isAll(granted, rules)) return false
  const base = granted.slice(0, granted.length - (rules.allSuffix?.length ?? 0))
  return base === '' ? !name.includes('://') : name.startsWith(base)
}
