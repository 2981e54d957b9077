// Reads authorization server metadata (OIDC Discovery, RFC 8414) as untrusted input: size limited, redirects
// checked again, every address verified. Metadata of a remote server must not point at services of this
// machine.
import { KeywayError } from '../../../../shared/contract/errors.ts'
import type { ProviderSpec } from '../../../../shared/contract/provider-spec.ts'
import { isLoopbackHost, isSafeUrl } from '../../../../shared/contract/provider-template.ts'
import { readTokenBody } from '../../../../shared/domain/token-response.ts'
import { withoutTrailing } from '../../../../shared/domain/without-trailing.ts'
import { isLinkLocalHost, isPrivateHost } from '../../network/private-addresses.ts'
import { literally, matchPattern } from '../../providers/data-patterns.ts'
import { addressMember, flagMember, namesMember, optionalMembers } from '../members.ts'
import { adviceFor } from '../token/errors.ts'
import { sendHttp, type HttpTransport, HttpFailure, type HttpResponse } from '../transport/http-exchange.ts'

/** The metadata members in use besides the issuer; all others are dropped. */
const readers = {
  authorization_endpoint: addressMember,
  token_endpoint: addressMember,
  revocation_endpoint: addressMember,
  device_authorization_endpoint: addressMember,
  userinfo_endpoint: addressMember,
  introspection_endpoint: addressMember,
  pushed_authorization_request_endpoint: addressMember,
  registration_endpoint: addressMember,
  jwks_uri: addressMember,
  require_pushed_authorization_requests: flagMember,
  authorization_response_iss_parameter_supported: flagMember,
  client_id_metadata_document_supported: flagMember,
  code_challenge_methods_supported: namesMember,
  dpop_signing_alg_values_supported: namesMember,
  grant_types_supported: namesMember,
  id_token_signing_alg_values_supported: namesMember,
  response_modes_supported: namesMember,
  scopes_supported: namesMember,
  token_endpoint_auth_methods_supported: namesMember,
  token_endpoint_auth_signing_alg_values_supported: namesMember,
}

export type DiscoveredMetadata = { issuer: string } & ReturnType<
  typeof optionalMembers<typeof readers>
>['members']

/** `leftOut`: the optional members that cannot be used, each with the reason. */
export type ServerDocument = { metadata: DiscoveredMetadata; leftOut: string[] }

const MAX_REDIRECTS = 5

/**
 * The document at `url`. Redirects are followed as long as each target is safe.
 * @throws HttpFailure | KeywayError discovery_failed
 */
export async function getDocument(
  transport: HttpTransport,
  url: string,
  userAgent: string,
): Promise<HttpResponse & { url: string }> {
  let current = url
  for (let followed = 0; followed <= MAX_REDIRECTS; followed += 1) {
    const headers = { accept: 'application/json', 'user-agent': userAgent }
    const reply = await sendHttp(transport, { method: 'GET', url: current, headers, body: null })
    const target = reply.headers.get('location')
    if (reply.status < 300 || reply.status > 399 || target === null) return { ...reply, url: current }
    current = safeTarget(current, target)
  }
  throw discoveryRefused(`${url} redirects more than ${MAX_REDIRECTS} times.`)
}

function safeTarget(from: string, target: string): string {
  const next = URL.canParse(target, from) ? new URL(target, from).href : ''
  if (!isSafeUrl(next) || pointsInside(from, next))
    throw discoveryRefused(`${from} redirects to an address that is not allowed.`)
  return next
}

/**
 * Whether metadata of a remote server names an address of this machine or its network. That would give the
 * server access to services that are not public (SSRF).
 */
export function pointsInside(from: string, to: string): boolean {
  const [there, here] = [new URL(from).hostname, new URL(to).hostname]
  return isLinkLocalHost(here) || (isInside(here) && !isInside(there))
}

function isInside(hostname: string): boolean {
  return isLoopbackHost(hostname) || isPrivateHost(hostname)
}

/**
 * Parses metadata that was read from `source`. The caller compares the issuer, because it knows the
 * provider's rules.
 * @throws KeywayError discovery_failed
 */
export function parseMetadata(source: string, reply: HttpResponse): ServerDocument {
  const absent = `There is no server metadata at ${source} (HTTP ${reply.status})`
  if (reply.status === 404) throw new MetadataNotFound(`${absent}.`)
  if (reply.status !== 200) throw discoveryRefused(`${absent}.`)
  const read = readTokenBody(reply.text)
  if (read.kind === 'unreadable') throw discoveryRefused(`${absent}. ${read.message}`)
  const document = serverDocument(source, read.body)
  const inside = Object.keys(readers).find(
    (name) => /_(?:endpoint|uri)$/.test(name) && namesInside(source, read.body[name]),
  )
  if (inside !== undefined) {
    throw discoveryRefused(
      `The metadata at ${source} points ${inside} at this machine or its network, which a remote server may not.`,
    )
  }
  return document
}

/** @throws KeywayError discovery_failed if the document has no usable issuer, the only required member */
export function serverDocument(source: string, body: Readonly<Record<string, unknown>>): ServerDocument {
  const { value: issuer, note } = addressMember(body['issuer'])
  if (issuer === undefined) {
    const reason = 'issuer' in body ? note : 'absent'
    throw discoveryRefused(`The metadata at ${source} is not usable: issuer (${reason}).`)
  }
  const { members, leftOut } = optionalMembers(body, readers)
  return { metadata: { issuer, ...members }, leftOut }
}

/** Also an address that is left out for another reason shows what the document is for. */
function namesInside(source: string, value: unknown): boolean {
  return typeof value === 'string' && URL.canParse(value) && pointsInside(source, value)
}

/** No usable document at this address. Of several discovery failures, this one explains least. */
export class MetadataNotFound extends KeywayError {
  constructor(message: string) {
    super('discovery_failed', { message })
  }
}

export function discoveryRefused(message: string): KeywayError {
  return new KeywayError('discovery_failed', { message })
}

/** Maps a network failure during discovery to a KeywayError. */
export function asDiscoveryError(thrown: unknown): unknown {
  if (!(thrown instanceof HttpFailure)) return thrown
  const codes = {
    timeout: 'deadline_exceeded',
    aborted: 'flow_cancelled',
    too_large: 'discovery_failed',
  } as const
  const code =
    thrown.kind === 'timeout' || thrown.kind === 'aborted' || thrown.kind === 'too_large'
      ? codes[thrown.kind]
      : thrown.kind === 'tls' || thrown.kind === 'unsafe_address' || thrown.kind === 'setup'
        ? 'config_error'
        : 'provider_unreachable'
  const own =
    thrown.kind === 'tls'
      ? adviceFor('tls_failure')
      : thrown.kind === 'unsafe_address'
        ? adviceFor(thrown.kind)
        : thrown.cause instanceof KeywayError
          ? thrown.cause.nextStep
          : null
  return new KeywayError(code, {
    message: `${thrown.message}.`,
    ...(own === null ? {} : { nextStep: own }),
    cause: thrown,
  })
}

/**
 * Possible addresses of an issuer's metadata, most likely first (OIDC Discovery 4, RFC 8414 3 with path
 * insertion, and known deviations).
 */
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

// How the issuer of metadata, a callback or an id_token is compared. Exact by default; every relaxation is
// configured in the provider.

export type IssuerRules = Pick<ProviderSpec['discovery'], 'issuerPattern' | 'issuerTrailingSlash'>

/**
 * Equal, equal except for one trailing slash (often wrong in servers and input), or matching the provider's
 * pattern.
 */
export function issuerMatches(expected: string, found: string, rules: IssuerRules): boolean {
  if (found === expected) return true
  if (withoutSlash(found) === withoutSlash(expected)) return true
  // Metadata of shared tenants names no tenant; an answer names one (either order).
  if (isOfTenants(expected) && matchesTenants(expected, found)) return true
  if (isOfTenants(found) && matchesTenants(found, expected)) return true
  return matchesPattern(found, rules)
}

/**
 * The issuer that an id_token may have instead of `expected`. In the provider's pattern, {tenantid} is the
 * token's own `tid` claim, so that one tenant cannot impersonate another. Null: only `expected` is accepted.
 */
export function relaxedIssuer(
  expected: string,
  claims: Readonly<Record<string, unknown>>,
  rules: IssuerRules,
): string | null {
  const issuer = claims['iss']
  if (typeof issuer !== 'string' || issuer === expected) return null
  if (withoutSlash(issuer) === withoutSlash(expected)) return issuer
  const pattern = rules.issuerPattern ?? (isOfTenants(expected) ? expected : null)
  if (pattern === null) return null
  const tenant = typeof claims['tid'] === 'string' ? claims['tid'] : ''
  return pattern.replace(TENANT, () => tenant) === issuer ? issuer : null
}

/** Microsoft Entra writes this for the endpoints that several tenants share (common, organizations). */
const TENANT = /\{tenantid\}/i

/** Whether the issuer has a placeholder for the tenant. It can only be in the path: no host has braces. */
export function isOfTenants(issuer: string): boolean {
  return TENANT.test(issuer) && URL.canParse(issuer)
}

function matchesTenants(pattern: string, found: string): boolean {
  return matchesPattern(found, { issuerPattern: pattern, issuerTrailingSlash: false })
}

function matchesPattern(found: string, { issuerPattern }: IssuerRules): boolean {
  if (issuerPattern === null) return false
  const parts = issuerPattern.split(/\{[A-Za-z_]+\}/)
  return matchPattern(parts.map((part) => literally(part)).join('[^/]+'), found) === 'fits'
}

function withoutSlash(issuer: string): string {
  return issuer.endsWith('/') ? issuer.slice(0, -1) : issuer
}
