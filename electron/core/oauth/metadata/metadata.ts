// Reads authorization server metadata (OIDC Discovery, RFC 8414) as untrusted input: size limited, redirects
// checked again, every address verified. Metadata of a remote server must not point at services of this
// machine.
import { z } from 'zod'
import { KeywayError } from '../../../../shared/contract/errors.ts'
import type { ProviderSpec } from '../../../../shared/contract/provider-spec.ts'
import { isLoopbackHost, isSafeUrl } from '../../../../shared/contract/provider-template.ts'
import { withoutTrailing } from '../../../../shared/domain/without-trailing.ts'
import { isLinkLocalHost, isPrivateHost } from '../../network/private-addresses.ts'
import { literally, matchPattern } from '../../providers/data-patterns.ts'
import { adviceFor } from '../token/errors.ts'
import { sendHttp, type HttpTransport, HttpFailure, type HttpResponse } from '../transport/http-exchange.ts'
import { loadLibrary, loopbackExtensions } from '../transport/openid-client.ts'

const address = z.string().max(2000).refine(isSafeUrl)
const names = z.array(z.string().max(300)).max(500)

/** The metadata fields in use; all others are dropped. */
export const serverMetadataSchema = z.object({
  issuer: address,
  authorization_endpoint: address.optional(),
  token_endpoint: address.optional(),
  revocation_endpoint: address.optional(),
  device_authorization_endpoint: address.optional(),
  userinfo_endpoint: address.optional(),
  introspection_endpoint: address.optional(),
  pushed_authorization_request_endpoint: address.optional(),
  registration_endpoint: address.optional(),
  require_pushed_authorization_requests: z.boolean().optional(),
  authorization_response_iss_parameter_supported: z.boolean().optional(),
  client_id_metadata_document_supported: z.boolean().optional(),
  code_challenge_methods_supported: names.optional(),
  dpop_signing_alg_values_supported: names.optional(),
  grant_types_supported: names.optional(),
  id_token_signing_alg_values_supported: names.optional(),
  response_modes_supported: names.optional(),
  scopes_supported: names.optional(),
  token_endpoint_auth_methods_supported: names.optional(),
})
export type DiscoveredMetadata = z.output<typeof serverMetadataSchema>

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
 * Parses metadata that was read from `source`.
 * @throws KeywayError discovery_failed
 */
export async function parseMetadata(source: string, reply: HttpResponse): Promise<DiscoveredMetadata> {
  const library = await loadLibrary()
  // The library validates the form of the response. The caller compares the issuer, because it knows the
  // provider's rules.
  const config = await library
    .discovery(new URL('/.well-known/openid-configuration', source), 'discovery', undefined, undefined, {
      [library.customFetch]: () =>
        Promise.resolve(
          new Response(reply.text, { status: reply.status, headers: { 'content-type': 'application/json' } }),
        ),
      execute: loopbackExtensions(library),
    })
    .catch((cause: unknown) => {
      const message = `There is no server metadata at ${source} (HTTP ${reply.status}).`
      throw reply.status === 404 ? new MetadataNotFound(message, cause) : discoveryRefused(message, cause)
    })
  const parsed = serverMetadataSchema.safeParse(config.serverMetadata())
  if (!parsed.success) {
    const where = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ')
    throw discoveryRefused(`The metadata at ${source} is not usable: ${where}.`)
  }
  const inside = Object.entries(parsed.data).find(
    ([name, value]) => name.endsWith('_endpoint') && typeof value === 'string' && pointsInside(source, value),
  )
  if (inside !== undefined) {
    throw discoveryRefused(
      `The metadata at ${source} points ${inside[0]} at this machine or its network, which a remote server may not.`,
    )
  }
  return parsed.data
}

/** No document at this address. Of several discovery failures, this one explains least. */
export class MetadataNotFound extends KeywayError {
  constructor(message: string, cause: unknown) {
    super('discovery_failed', { message, cause })
  }
}

export function discoveryRefused(message: string, cause?: unknown): KeywayError {
  return new KeywayError('discovery_failed', { message, ...(cause === undefined ? {} : { cause }) })
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
