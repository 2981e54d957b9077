// Turns server metadata into a filled registration form for an ordinary provider. Only values from the server
// are used.
import { asKeywayError } from '../../../../shared/contract/errors.ts'
import { cleanName } from '../../../../shared/contract/name.ts'
import type { ProviderSpecInput } from '../../../../shared/contract/provider-spec.ts'
import { isLoopbackHost } from '../../../../shared/contract/provider-template.ts'
import type { ProviderInputDraft } from '../../../../shared/contract/provider.ts'
import { typedScopes } from '../../../../shared/contract/scope-list.ts'
import { withoutTrailing } from '../../../../shared/domain/without-trailing.ts'
import { type SigningAlgorithm, signingAlgorithmFor } from '../client-keys.ts'
import { asDiscoveryError, type DiscoveredMetadata, isOfTenants } from '../metadata/metadata.ts'
import type { StepLog } from '../provider-check/context.ts'
import { registerClient } from '../registration.ts'
import type { HttpTransport } from '../transport/http-exchange.ts'
import type { OAuthDeps, RegistrationSecrets } from '../types.ts'
import type { FoundServer } from './find-server.ts'
import type { ProtectedResource } from './protected-resource.ts'

export type DiscoveredDraft = ProviderInputDraft & { spec: ProviderSpecInput }

export function discoveryDraft(
  { metadata, resource, address, asked }: FoundServer,
  typed: string,
): DiscoveredDraft {
  const host = new URL(address).hostname
  return {
    slug: slugOf(host),
    name: cleanName(resource?.resource_name ?? '') || nameOf(host),
    scopes: scopesOf(metadata, resource),
    flow: flowOf(metadata?.grant_types_supported),
    spec: { ...(metadata === null ? {} : serverSpec(metadata, asked)), ...resourceSpec(resource, typed) },
  }
}

/** The fields that the person still has to fill in. */
export function missingFields(
  draft: ProviderInputDraft,
  metadata: Partial<DiscoveredMetadata> | null,
): string[] {
  const missing: string[] = []
  if ((draft.clientId ?? '') === '') missing.push('clientId')
  if (metadata?.token_endpoint === undefined) missing.push('spec.endpoints.token')
  if (draft.flow === 'authorization_code' && metadata?.authorization_endpoint === undefined) {
    missing.push('spec.endpoints.authorization')
  }
  return missing
}

/**
 * The resource indicator is what the metadata says (RFC 9728, RFC 8707). The base URL is what the person
 * typed, because the metadata may describe the whole host.
 */
function resourceSpec(resource: ProtectedResource | null, typed: string): ProviderSpecInput {
  if (resource === null) return {}
  const { origin, pathname } = new URL(typed)
  const isApi = origin === new URL(resource.resource).origin && !pathname.includes('/.well-known/')
  const baseUrl = isApi && pathname !== '/' ? `${origin}${pathname}` : resource.resource
  return { resources: [resource.resource], api: { baseUrl: withoutTrailing(baseUrl, '/') } }
}

/** Metadata of shared tenants names none: the issuer that was asked stays, and the token names the tenant. */
function discoveryOf({ issuer }: DiscoveredMetadata, asked: string): ProviderSpecInput['discovery'] {
  if (!isOfTenants(issuer)) return { issuer }
  return {
    issuer: isOfTenants(asked) ? issuer.replace(/\{tenantid\}/i, 'common') : asked,
    issuerPattern: issuer,
  }
}

function serverSpec(metadata: DiscoveredMetadata, issuer: string): ProviderSpecInput {
  const methods = metadata.code_challenge_methods_supported
  const onlyPlain = methods !== undefined && !methods.includes('S256') && methods.includes('plain')
  const refresh = metadata.grant_types_supported?.includes('refresh_token')
  return {
    discovery: discoveryOf(metadata, issuer),
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
    ...signedClient(metadata),
    ...(onlyPlain ? { authorize: { pkce: 'plain' as const } } : {}),
    ...(refresh === true ? { refresh: { supported: 'yes' as const } } : {}),
  }
}

/** The client authentication of a server that takes neither a secret nor a public client. */
function signedClient(metadata: DiscoveredMetadata): Pick<ProviderSpecInput, 'client'> {
  const offered = metadata.token_endpoint_auth_methods_supported
  const usual = ['client_secret_basic', 'client_secret_post', 'none']
  if (offered === undefined || usual.some((one) => offered.includes(one))) return {}
  const method = (['private_key_jwt', 'client_secret_jwt'] as const).find((one) => offered.includes(one))
  return method === undefined ? {} : { client: { ...signatureOf(metadata), auth: method } }
}

/** Only if it is not the default. */
function signatureOf(metadata: DiscoveredMetadata): { signingAlgorithm?: SigningAlgorithm } {
  const signingAlgorithm = signingAlgorithmFor(metadata)
  return signingAlgorithm === 'ES256' ? {} : { signingAlgorithm }
}

/** The resource's own scopes, plus those for identity and refresh tokens if the server lists them. */
function scopesOf(metadata: DiscoveredMetadata | null, resource: ProtectedResource | null): string[] {
  const known = metadata?.scopes_supported ?? []
  const wanted = resource === null ? ['openid', 'profile', 'email', 'offline_access'] : ['offline_access']
  const scopes = [...(resource?.scopes_supported ?? []), ...wanted.filter((scope) => known.includes(scope))]
  return [...new Set(scopes.flatMap(typedScopes))].slice(0, 200)
}

function flowOf(
  grants: readonly string[] | undefined,
): 'authorization_code' | 'device_code' | 'client_credentials' {
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

// A client without manual registration: the published client metadata document if the server accepts one,
// else dynamic registration, else the person enters a client.

type Tools = { deps: OAuthDeps; transport: HttpTransport; log: StepLog }
type ClientFields = {
  fields: Pick<ProviderInputDraft, 'clientId' | 'clientSecret' | 'redirectHost'>
  spec: Pick<ProviderSpecInput, 'client' | 'dpop'>
  registered: RegistrationSecrets | null
}

export const noClient: ClientFields = { fields: {}, spec: {}, registered: null }
/** With a client metadata document, its address is the client id. There is no secret. */
const describesItself = { client: { auth: 'none' as const, metadataDocument: true } }

export async function clientFor(
  tools: Tools,
  metadata: DiscoveredMetadata,
  about: { draft: ProviderInputDraft; redirectUris: readonly string[] },
): Promise<ClientFields> {
  const { deps, log } = tools
  const takesDescription = metadata.client_id_metadata_document_supported === true
  if (takesDescription && deps.clientMetadataUrl !== undefined) {
    const explanation = 'The server takes the published client description; no client id is needed.'
    log.add({ name: 'Client', outcome: 'ok', explanation })
    return { ...noClient, fields: { clientId: deps.clientMetadataUrl }, spec: describesItself }
  }
  const { redirectUris } = about
  const mayRegister = metadata.registration_endpoint !== undefined && redirectUris.length > 0
  const registered = mayRegister ? await register(tools, metadata, about) : null
  if (registered !== null) return registered
  if (takesDescription && redirectUris.length > 0) return describedByPerson(tools, redirectUris)
  if (!mayRegister) {
    const explanation = 'Enter the client ID of an app registered there.'
    log.add({ name: 'Client', outcome: 'skipped', explanation })
  }
  return noClient
}

async function register(
  { deps, transport, log }: Tools,
  metadata: DiscoveredMetadata,
  about: { draft: ProviderInputDraft; redirectUris: readonly string[] },
): Promise<ClientFields | null> {
  const step = { name: 'Client', request: `POST ${metadata.registration_endpoint ?? ''}` }
  try {
    const wishes = { redirectUris: about.redirectUris, scopes: about.draft.scopes ?? [] }
    const client = await registerClient({ deps, transport }, metadata, wishes)
    const explanation = 'The server registered a client for this Keyway (RFC 7591).'
    log.add({ ...step, outcome: 'ok', explanation })
    const secret = client.clientSecret?.reveal()
    return {
      fields: {
        clientId: client.clientId,
        ...(secret === undefined ? {} : { clientSecret: secret }),
        ...(client.redirectHost == null ? {} : { redirectHost: client.redirectHost }),
      },
      spec: {
        client: { ...signatureOf(metadata), auth: client.auth, dynamicRegistration: true },
        // It took an address on this machine just now.
        ...(about.redirectUris.some((uri) => isLoopbackHost(new URL(uri).hostname))
          ? { redirect: { loopback: 'yes' as const } }
          : {}),
        ...(client.isDpopBound === true ? { dpop: 'always' as const } : {}),
      },
      registered: client,
    }
  } catch (error) {
    if (transport.signal.aborted) throw error
    const { message } = asKeywayError(asDiscoveryError(error))
    const explanation = `${message} Enter the client id of an app registered there.`
    log.add({ ...step, outcome: 'failed', explanation })
    return null
  }
}

/** Keyway has no public address of its own, but the person may publish a metadata document. */
function describedByPerson({ deps, log }: Tools, redirectUris: readonly string[]): ClientFields {
  const description = {
    client_id: 'https://example.com/keyway.json',
    client_name: deps.appName ?? 'Keyway',
    redirect_uris: redirectUris,
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    application_type: 'native',
  }
  log.add({
    name: 'Client',
    outcome: 'skipped',
    answer: JSON.stringify(description, null, 2),
    explanation:
      'This server takes clients that describe themselves. Publish the description below at an https address of yours, with that address as its client_id, and enter the same address as the client ID.',
  })
  return { ...noClient, spec: describesItself }
}
