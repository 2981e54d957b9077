// The two blank presets name no addresses of their own: here stands what a person types in, or the issuer's
// metadata tells.
import type { CatalogRecord } from './record.ts'

const atIssuer = 'https://sso.example.com'
const typed = 'https://auth.example.test'

const made: Readonly<Record<string, Partial<CatalogRecord>>> = {
  oidc: {
    authorizationUrl: `${atIssuer}/authorize`,
    tokenUrl: `${atIssuer}/token`,
    revocationUrl: `${atIssuer}/revoke`,
    deviceAuthorizationUrl: `${atIssuer}/device`,
    userinfoUrl: `${atIssuer}/userinfo`,
  },
  oauth2: { authorizationUrl: `${typed}/authorize`, tokenUrl: `${typed}/token` },
}

/** The record with the addresses that it leaves open. */
export function completed(record: CatalogRecord): CatalogRecord {
  return { ...record, ...made[record.slug] }
}

/** Addresses come from metadata alone, so that nothing works without it. */
export function needsMetadata(record: CatalogRecord): boolean {
  return record.authorizationUrl === null && record.issuer !== null
}

/** What is typed in where the record has neither addresses nor an issuer. */
export function typedAddresses(record: CatalogRecord): { authorization: string; token: string } | null {
  if (record.authorizationUrl !== null || record.issuer !== null) return null
  const { authorizationUrl, tokenUrl } = completed(record)
  return authorizationUrl === null || tokenUrl === null
    ? null
    : { authorization: authorizationUrl, token: tokenUrl }
}
