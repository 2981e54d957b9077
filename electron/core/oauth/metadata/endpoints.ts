// Resolves the endpoints of a provider: configured addresses first, discovery for the rest.
import type { ServerMetadata } from 'openid-client'
import { KeywayError } from '../../../../shared/contract/errors.ts'
import type { TemplateValues } from '../../../../shared/domain/template.ts'
import { withDeadline } from '../../async.ts'
import { fillProviderUrl, templateValues, type Values } from '../templates.ts'
import { DISCOVERY_DEADLINE_MS, type OAuthDeps, type ResolvedProvider } from '../types.ts'
import { createMetadataCache } from './cache.ts'
import { type DiscoveredMetadata, metadataAddresses } from './metadata.ts'

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
  ): Promise<DiscoveredMetadata | null> => {
    const { discovery } = provider.spec
    const issuer = discovery.issuer === null ? null : fillProviderUrl(provider, discovery.issuer, values)
    const url = discovery.url === null ? null : fillProviderUrl(provider, discovery.url, values)
    if (issuer === null && url === null) return null
    const addresses = url === null ? metadataAddresses(issuer ?? '', discovery.kind) : [url]
    const key = JSON.stringify([issuer, addresses, discovery.issuerPattern, provider.extraCa])
    return withDeadline({ clock: deps.clock, ...how }, (signal) =>
      cache.get(
        { key, addresses, issuer, rules: discovery },
        { fetch: deps.fetchFor(provider), clock: deps.clock, signal },
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
  discovered: DiscoveredMetadata | null
}): AuthorizationServer {
  const { provider, values, typed, discovered } = about
  const configured = provider.spec.discovery.issuer
  const issuer =
    discovered?.issuer ?? (configured === null ? null : fillProviderUrl(provider, configured, values))
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
    values,
    endpoint,
    endpointOrThrow(name) {
      const address = endpoint(name)
      if (address !== null) return address
      throw new KeywayError('config_error', {
        message: `${provider.name} has no ${readable[name]} address.`,
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
