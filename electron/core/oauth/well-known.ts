import { withoutTrailing } from '../../../shared/domain/without-trailing.ts'

/** Where an issuer's metadata may be, most likely first (OIDC Discovery 4, RFC 8414 3 with its path insertion, and what servers do). */
export function metadataAddresses(issuer: string, kind: 'oidc' | 'oauth2' | 'oidc-then-oauth2'): string[] {
  const url = new URL(issuer)
  const path = withoutTrailing(url.pathname, '/')
  const at = (pathname: string): string => `${url.origin}${pathname}${url.search}`
  const oidc = [at(`${path}/.well-known/openid-configuration`)]
  const oauth2 = [
    at(`/.well-known/oauth-authorization-server${path}`),
    ...(path === '' ? [] : [at(`${path}/.well-known/oauth-authorization-server`)]),
  ]
  const inserted = path === '' ? [] : [at(`/.well-known/openid-configuration${path}`)]
  if (kind === 'oidc') return [...oidc, ...inserted]
  if (kind === 'oauth2') return [...oauth2, ...oidc]
  return [...oidc, ...oauth2, ...inserted]
}
