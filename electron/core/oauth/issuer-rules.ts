// Whose metadata, callback or id_token it is. Exact by default; every relaxation is data of the provider.
import type { ProviderSpec } from '../../../shared/contract/provider-spec.ts'
import { literally, matchPattern } from '../providers/data-patterns.ts'

export type IssuerRules = Pick<ProviderSpec['discovery'], 'issuerPattern' | 'issuerTrailingSlash'>

/** Equal, or equal but for one trailing slash (which servers and people mix up), or of the provider's own pattern. */
export function issuerMatches(expected: string, found: string, rules: IssuerRules): boolean {
  if (found === expected) return true
  if (withoutSlash(found) === withoutSlash(expected)) return true
  return matchesPattern(found, rules)
}

/**
 * The issuer that an id_token may name instead of `expected`: of the pattern, with {tenantid} being the token's own `tid` claim, so that one
 * tenant cannot speak for another. Null: the expected one stands.
 */
export function relaxedIssuer(
  expected: string,
  claims: Readonly<Record<string, unknown>>,
  rules: IssuerRules,
): string | null {
  const issuer = claims['iss']
  if (typeof issuer !== 'string' || issuer === expected) return null
  if (withoutSlash(issuer) === withoutSlash(expected)) return issuer
  if (rules.issuerPattern === null) return null
  const tenant = typeof claims['tid'] === 'string' ? claims['tid'] : ''
  return rules.issuerPattern.replace(/\{tenantid\}/i, tenant) === issuer ? issuer : null
}

function matchesPattern(found: string, { issuerPattern }: IssuerRules): boolean {
  if (issuerPattern === null) return false
  const parts = issuerPattern.split(/\{[A-Za-z_]+\}/)
  return matchPattern(parts.map((part) => literally(part)).join('[^/]+'), found) === 'fits'
}

function withoutSlash(issuer: string): string {
  return issuer.endsWith('/') ? issuer.slice(0, -1) : issuer
}
