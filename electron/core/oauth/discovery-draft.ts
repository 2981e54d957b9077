// From metadata to a filled registration form: an ordinary provider, with what the server said and nothing guessed.
import { cleanName } from '../../../shared/contract/name.ts'
import type { ProviderInputDraft } from '../../../shared/contract/provider.ts'
import type { ProviderSpecInput } from '../../../shared/contract/provider-spec.ts'
import type { DiscoveredMetadata } from './metadata.ts'
import type { ProtectedResource } from './protected-resource.ts'
import { withoutTrailing } from '../../../shared/domain/without-trailing.ts'

export type DiscoveredDraft = ProviderInputDraft & { spec: ProviderSpecInput }

export function discoveryDraft(
  metadata: DiscoveredMetadata,
  resource: ProtectedResource | null,
): DiscoveredDraft {
  const host = new URL(resource?.resource ?? metadata.issuer).hostname
  return {
    slug: slugOf(host),
    name: cleanName(resource?.resource_name ?? '') || nameOf(host),
    scopes: scopesOf(metadata, resource),
    flow: flowOf(metadata),
    spec: specOf(metadata, resource),
  }
}

/** What the person still has to say. */
export function missingFields(draft: ProviderInputDraft, metadata: DiscoveredMetadata): string[] {
  const missing: string[] = []
  if ((draft.clientId ?? '') === '') missing.push('clientId')
  if (metadata.token_endpoint === undefined) missing.push('spec.endpoints.token')
  if (draft.flow === 'authorization_code' && metadata.authorization_endpoint === undefined) {
    missing.push('spec.endpoints.authorization')
  }
  return missing
}

function specOf(metadata: DiscoveredMetadata, resource: ProtectedResource | null): ProviderSpecInput {
  const methods = metadata.code_challenge_methods_supported
  const onlyPlain = methods !== undefined && !methods.includes('S256') && methods.includes('plain')
  const refresh = metadata.grant_types_supported?.includes('refresh_token')
  return {
    discovery: { issuer: metadata.issuer },
    endpoints: {
      authorization: metadata.authorization_endpoint ?? null,
      token: metadata.token_endpoint ?? null,
      revocation: metadata.revocation_endpoint ?? null,
      deviceAuthorization: metadata.device_authorization_endpoint ?? null,
      userinfo: metadata.userinfo_endpoint ?? null,
      introspection: metadata.introspection_endpoint ?? null,
      pushedAuthorization: metadata.pushed_authorization_request_endpoint ?? null,
      registration: metadata.registration_endpoint ?? null,
    },
    ...(onlyPlain ? { authorize: { pkce: 'plain' as const } } : {}),
    ...(refresh === true ? { refresh: { supported: 'yes' as const } } : {}),
    ...(resource === null
      ? {}
      : { resources: [resource.resource], api: { baseUrl: withoutTrailing(resource.resource, '/') } }),
  }
}

/** A resource's own scopes, and those that give identity and a lasting grant where the server knows them. */
function scopesOf(metadata: DiscoveredMetadata, resource: ProtectedResource | null): string[] {
  const known = metadata.scopes_supported ?? []
  const wanted = resource === null ? ['openid', 'profile', 'email', 'offline_access'] : ['offline_access']
  const scopes = [...(resource?.scopes_supported ?? []), ...wanted.filter((scope) => known.includes(scope))]
  return [...new Set(scopes)].filter((scope) => /^[^\p{Cc}\s]+$/u.test(scope)).slice(0, 200)
}

function flowOf({
  grant_types_supported: grants,
}: DiscoveredMetadata): 'authorization_code' | 'device_code' | 'client_credentials' {
  if (grants === undefined || grants.includes('authorization_code')) return 'authorization_code'
  if (grants.includes('urn:ietf:params:oauth:grant-type:device_code')) return 'device_code'
  return grants.includes('client_credentials') ? 'client_credentials' : 'authorization_code'
}

function nameOf(host: string): string {
  return host.replace(/^(?:www|api|auth|login|accounts|id|sso|mcp)\./, '')
}

function slugOf(host: string): string {
  const slug = nameOf(host)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 63)
  return slug.replace(/-$/, '') || 'provider'
}
