// Resolves the endpoints of a provider: configured addresses first, discovery for the rest.
import type { ServerMetadata } from 'openid-client'
import { asKeywayError, KeywayError } from '../../../../shared/contract/errors.ts'
import type { TemplateValues } from '../../../../shared/domain/template.ts'
import { withDeadline } from '../../async.ts'
import { BoundedMap } from '../../bounded-map.ts'
import type { Clock } from '../../ports.ts'
import { fillProviderUrl, templateValues, type Values } from '../request-format.ts'
import type { HttpTransport } from '../transport/http-exchange.ts'
import { DISCOVERY_DEADLINE_MS, type OAuthDeps, type ResolvedProvider } from '../types.ts'
import {
  asDiscoveryError,
  type DiscoveredMetadata,
  discoveryRefused,
  getDocument,
  issuerMatches,
  type IssuerRules,
  metadataAddresses,
  parseMetadata,
  type ServerDocument,
} from './metadata.ts'

export type Endpoint =
  | 'authorization'
  | 'token'
  | 'revocation'
  | 'deviceAuthorization'
  | 'userinfo'
  | 'introspection'
  | 'pushedAuthorization'
  | 'registration'

export type AuthorizationServer = {
  metadata: ServerMetadata
  /** Null if the issuer is unknown; then only hosts can be compared. */
  issuer: string | null
  discovered: DiscoveredMetadata | null
  /** The members of the metadata that cannot be used, each with the reason. */
  leftOut: readonly string[]
  endpoint(name: Endpoint): string | null
  /** @throws KeywayError config_error that names the empty field. */
  endpointOrThrow(name: Endpoint): string
  values: TemplateValues
}

export type EndpointRequest = {
  need: readonly Endpoint[]
  /** Values of the connection, for hosts that are known only after the sign-in. */
  values?: Values
  /**
   * `if-possible`: run discovery even if all addresses are configured, but continue without it if the issuer
   * does not answer quickly.
   */
  discovery: 'when-needed' | 'if-possible'
  signal?: AbortSignal | undefined
}

export type EndpointResolver = {
  forgetFailures(): void
  resolveEndpoints(provider: ResolvedProvider, request: EndpointRequest): Promise<AuthorizationServer>
}

const OPTIONAL_DISCOVERY_MS = 3000

const metadataNames = {
  authorization: 'authorization_endpoint',
  token: 'token_endpoint',
  revocation: 'revocation_endpoint',
  deviceAuthorization: 'device_authorization_endpoint',
  userinfo: 'userinfo_endpoint',
  introspection: 'introspection_endpoint',
  pushedAuthorization: 'pushed_authorization_request_endpoint',
  registration: 'registration_endpoint',
} as const satisfies Record<Endpoint, keyof DiscoveredMetadata>

/**
 * Used when the metadata names no algorithm. id_tokens and userinfo come directly from the server over TLS
 * (OIDC Core 3.1.3.7), so any signature algorithm is accepted.
 */
const anySignature = ['RS', 'PS', 'ES', 'HS'].flatMap((kind) =>
  ['256', '384', '512'].map((size) => kind + size),
)

export function createEndpointResolver(deps: OAuthDeps): EndpointResolver {
  const cache = createMetadataCache(deps.clock)

  const discover = async (
    provider: ResolvedProvider,
    values: TemplateValues,
    how: { timeoutMs: number; signal?: AbortSignal | undefined },
  ): Promise<ServerDocument | null> => {
    const { discovery } = provider.spec
    const issuer = discovery.issuer === null ? null : fillProviderUrl(provider, discovery.issuer, values)
    const url = discovery.url === null ? null : fillProviderUrl(provider, discovery.url, values)
    if (issuer === null && url === null) return null
    const addresses = url === null ? metadataAddresses(issuer ?? '', discovery.kind) : [url]
    const key = JSON.stringify([issuer, addresses, discovery.issuerPattern, provider.extraCa])
    return withDeadline({ clock: deps.clock, ...how }, (signal) =>
      cache.get(
        { key, addresses, issuer, rules: discovery },
        { fetch: deps.fetchFor(provider.extraCa), clock: deps.clock, signal },
        deps.userAgent,
      ),
    )
  }

  return {
    forgetFailures: cache.forgetFailures,
    async resolveEndpoints(provider, request) {
      const values = templateValues(deps, provider, request.values)
      const typed = typedEndpoints(provider, values, request.need)
      const complete = request.need.every((name) => typed[name] !== undefined)
      const { signal } = request
      if (!complete) {
        const discovered = await discover(provider, values, { timeoutMs: DISCOVERY_DEADLINE_MS, signal })
        return serverOf({ provider, values, typed, discovered })
      }
      const optional = request.discovery === 'if-possible'
      const discovered = optional
        ? await discover(provider, values, { timeoutMs: OPTIONAL_DISCOVERY_MS, signal }).catch(
            (cause: unknown) => {
              if (signal?.aborted === true) throw cause
              deps.logger.info('discovery did not answer; the typed addresses are used', {
                provider: provider.slug,
              })
              return null
            },
          )
        : null
      return serverOf({ provider, values, typed, discovered })
    },
  }
}

type Typed = Partial<Record<Endpoint, string>>

/** An address template that cannot be filled is an error only if that address is needed. */
function typedEndpoints(
  provider: ResolvedProvider,
  values: TemplateValues,
  need: readonly Endpoint[],
): Typed {
  const { endpoints } = provider.spec
  const found: Typed = {}
  for (const name of Object.keys(metadataNames) as Endpoint[]) {
    const native =
      name === 'authorization' && provider.clientSecret === null ? endpoints.nativeAuthorization : null
    const template = native ?? endpoints[name]
    if (template === null) continue
    try {
      found[name] = fillProviderUrl(provider, template, values)
    } catch (error) {
      if (need.includes(name)) throw error
    }
  }
  return found
}

function serverOf(about: {
  provider: ResolvedProvider
  values: TemplateValues
  typed: Typed
  discovered: ServerDocument | null
}): AuthorizationServer {
  const { provider, values, typed } = about
  const { metadata: discovered = null, leftOut = [] } = about.discovered ?? {}
  const configured = provider.spec.discovery.issuer
  const issuer =
    discovered?.issuer ??
    (configured === null
      ? provider.spec.discovery.learnedIssuer
      : fillProviderUrl(provider, configured, values))
  const endpoint = (name: Endpoint): string | null => typed[name] ?? discovered?.[metadataNames[name]] ?? null
  const fallback = new URL(endpoint('token') ?? endpoint('authorization') ?? 'https://unknown.invalid').origin
  const metadata: Record<string, unknown> = {
    id_token_signing_alg_values_supported: [...anySignature, 'EdDSA', 'Ed25519'],
    userinfo_signing_alg_values_supported: [...anySignature, 'EdDSA', 'Ed25519'],
    ...discovered,
    issuer: issuer ?? fallback,
  }
  for (const name of Object.keys(metadataNames) as Endpoint[]) {
    const address = endpoint(name)
    if (address !== null) metadata[metadataNames[name]] = address
  }
  return {
    metadata: metadata as unknown as ServerMetadata,
    issuer,
    discovered,
    leftOut,
    values,
    endpoint,
    endpointOrThrow(name) {
      const address = endpoint(name)
      if (address !== null) return address
      const reason = leftOut.find((member) => member.startsWith(`${metadataNames[name]} (`))
      const told = reason === undefined ? '' : ` Its metadata has one that cannot be used: ${reason}.`
      throw new KeywayError('config_error', {
        message: `${provider.name} has no ${readable[name]} address.${told}`,
        nextStep: `Enter it on the page of ${provider.name}, or an issuer that names it.`,
        details: { field: `endpoints.${name}` },
      })
    },
  }
}

const readable: Record<Endpoint, string> = {
  authorization: 'authorization',
  token: 'token',
  revocation: 'revocation',
  deviceAuthorization: 'device authorization',
  userinfo: 'userinfo',
  introspection: 'introspection',
  pushedAuthorization: 'pushed authorization',
  registration: 'registration',
}

// Caches issuer metadata for an hour, and a failure for a minute, so that a sign-in does not wait for an
// unreachable address each time. If an issuer answered before and fails now, the last good metadata is used,
// because its token endpoint may still work.

export type MetadataRequest = {
  /** The cache key: addresses, rules and extra certificate authorities. */
  key: string
  addresses: readonly string[]
  /** Null: any issuer at the configured address is accepted. */
  issuer: string | null
  rules: IssuerRules
}

export type MetadataCache = {
  /** Drops cached failures, so that these addresses are requested again at once. */
  forgetFailures(): void
  get(request: MetadataRequest, transport: HttpTransport, userAgent: string): Promise<ServerDocument>
}

const GOOD_FOR_MS = 3_600_000
const BAD_FOR_MS = 60_000
const REMEMBERED = 200

type Entry = { until: number; found: ServerDocument | KeywayError; lastGood: ServerDocument | null }

export function createMetadataCache(clock: Clock): MetadataCache {
  const entries = new BoundedMap<string, Entry>(REMEMBERED)
  return {
    forgetFailures() {
      for (const [key, { found }] of entries) if (found instanceof KeywayError) entries.delete(key)
    },
    async get(request, transport, userAgent) {
      const known = entries.get(request.key)
      if (known !== undefined && known.until > clock.monotonicMs()) {
        if (known.found instanceof KeywayError) throw known.found
        return known.found
      }
      try {
        const found = await fetchMetadata(request, transport, userAgent)
        entries.set(request.key, { until: clock.monotonicMs() + GOOD_FOR_MS, found, lastGood: found })
        return found
      } catch (error) {
        const failure = asDiscoveryError(error)
        // If the caller's own signal or deadline ended the request, nothing is known about the server.
        const lastGood = known?.lastGood ?? null
        if (failure instanceof KeywayError && !transport.signal.aborted) {
          entries.set(request.key, {
            until: clock.monotonicMs() + BAD_FOR_MS,
            found: lastGood ?? failure,
            lastGood,
          })
          if (lastGood !== null) return lastGood
        }
        throw failure
      }
    },
  }
}

async function fetchMetadata(
  request: MetadataRequest,
  transport: HttpTransport,
  userAgent: string,
): Promise<ServerDocument> {
  const failures: unknown[] = []
  for (const address of request.addresses) {
    try {
      const reply = await getDocument(transport, address, userAgent)
      const document = parseMetadata(address, reply)
      const { metadata } = document
      if (request.issuer === null || issuerMatches(request.issuer, metadata.issuer, request.rules))
        return document
      throw discoveryRefused(
        `The metadata at ${address} belongs to ${metadata.issuer}, not to ${request.issuer}.`,
      )
    } catch (error) {
      failures.push(error)
      if (transport.signal.aborted) throw error
    }
  }
  throw asKeywayError(
    asDiscoveryError(failures[0] ?? discoveryRefused('There is no address to look for metadata at.')),
  )
}
