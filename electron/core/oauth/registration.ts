// Client registration, so that the person needs no developer console.
import type { CustomFetch } from 'openid-client'
import { z } from 'zod'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { ClientKey } from '../../../shared/contract/provider.ts'
import { Secret, secretOrNull } from '../../../shared/contract/secret.ts'
import { parseMoment } from '../../../shared/domain/expiry.ts'
import { readText, textOf } from '../../../shared/domain/json-path.ts'
import { namedSecrets } from '../../../shared/domain/redact.ts'
import { fillMap } from '../../../shared/domain/template.ts'
import { readTokenBody } from '../../../shared/domain/token-response.ts'
import { withDeadline } from '../async.ts'
import { makeClientKey, type PrivateClientKey, publicPartOf, signingAlgorithmFor } from './client-keys.ts'
import type { AuthorizationServer, EndpointResolver } from './metadata/endpoints.ts'
import { asDiscoveryError, type DiscoveredMetadata, serverDocument } from './metadata/metadata.ts'
import { fillProviderUrl, shapeRequest } from './request-format.ts'
import { scrub } from './token/errors.ts'
import { jsonResponse } from './token/response.ts'
import {
  sendHttp,
  type HttpTransport,
  httpFailureOf,
  type HttpFailure,
  type HttpResponse,
} from './transport/http-exchange.ts'
import { loadLibrary, loopbackExtensions } from './transport/openid-client.ts'
import {
  DISCOVERY_DEADLINE_MS,
  type OAuthClient,
  type OAuthDeps,
  type RegisteredClient,
  type ResolvedProvider,
} from './types.ts'

type RegisterTools = { deps: OAuthDeps; servers: EndpointResolver }
type RegisterRequest = { redirectUris: readonly string[]; scopes: readonly string[] }

/**
 * Registers through the provider's own API if it has one (one client per instance), else through RFC 7591.
 */
export function createRegister({ deps, servers }: RegisterTools): OAuthClient['register'] {
  return async (provider, options, signal) => {
    const own = provider.spec.client.registrationRequest
    // The metadata says how a client may prove itself, also where the registration endpoint is typed.
    const how =
      own === null
        ? { need: ['registration'] as const, discovery: 'if-possible' as const }
        : { need: [], discovery: 'when-needed' as const }
    const server = await servers.resolveEndpoints(provider, { ...how, signal })
    const { clock } = deps
    try {
      return await withDeadline({ clock, timeoutMs: DISCOVERY_DEADLINE_MS, signal }, (inner) => {
        const transport = { fetch: deps.fetchFor(provider.extraCa), clock, signal: inner }
        if (own !== null) return registerByApi({ deps, transport }, provider, { server, options })
        server.endpointOrThrow('registration')
        return registerClient(
          { deps, transport },
          serverDocument(server.metadata.issuer, { ...server.metadata }).metadata,
          options,
        )
      })
    } catch (error) {
      throw asDiscoveryError(error)
    }
  }
}

async function registerByApi(
  { deps, transport }: { deps: OAuthDeps; transport: HttpTransport },
  provider: ResolvedProvider,
  about: { server: AuthorizationServer; options: RegisterRequest },
): Promise<RegisteredClient> {
  const rule = provider.spec.client.registrationRequest
  if (rule === null)
    throw new KeywayError('config_error', { message: `${provider.name} takes no registrations.` })
  const { redirectUris, scopes } = about.options
  const values = {
    ...about.server.values,
    redirect_uri: redirectUris.join('\n'),
    scope: scopes.join(provider.spec.scopes.separator),
  }
  const request = shapeRequest(
    {
      url: fillProviderUrl(provider, rule.url, values),
      headers: { accept: 'application/json', 'user-agent': deps.userAgent },
      parameters: [],
    },
    {
      method: 'POST',
      format: rule.format,
      omit: [],
      add: fillMap(rule.fields, values),
      rename: {},
      headers: {},
    },
  )
  const reply = await sendHttp(transport, request)
  const read = readTokenBody(reply.text)
  const body = read.kind === 'object' ? read.body : {}
  const clientId = readText(body, rule.clientIdPath)
  const clientSecret = secretOrNull(readText(body, rule.clientSecretPath))
  // The client id is shown and is part of every authorization URL, so it must not contain the secret.
  const isSecret = clientSecret !== null && (clientId ?? '').includes(clientSecret.reveal())
  if (reply.status < 200 || reply.status > 299 || clientId === null || isSecret) {
    throw new KeywayError('provider_error', {
      message: `${provider.name} did not register a client (HTTP ${reply.status}).`,
      details: { status: reply.status },
    })
  }
  return {
    clientId,
    clientSecret,
    auth: clientSecret === null ? 'none' : 'client_secret_post',
    clientKeys: null,
    registration: null,
  }
}

// Dynamic client registration (RFC 7591).

const answer = z.object({
  client_id: z.string().min(1).max(2000),
  client_secret: z.string().max(10_000).nullish(),
  client_secret_expires_at: z.number().nullish(),
  token_endpoint_auth_method: z.string().max(100).nullish().catch(null),
  dpop_bound_access_tokens: z.boolean().nullish().catch(null),
  registration_access_token: z.string().max(10_000).nullish().catch(null),
  registration_client_uri: z.string().max(2000).nullish().catch(null),
})

type Tools = { deps: OAuthDeps; transport: HttpTransport }
type RegistrationOptions = { redirectUris: readonly string[]; scopes: readonly string[] }
type ClientRequest = Record<string, string | string[] | { keys: ClientKey[] }>

/**
 * Registers with all features that Keyway can use. If the server rejects a field, a smaller request follows,
 * because some servers reject what their own metadata lists.
 * @throws KeywayError provider_error | provider_response_invalid; HttpFailure
 */
export async function registerClient(
  tools: Tools,
  metadata: DiscoveredMetadata,
  options: RegistrationOptions,
): Promise<RegisteredClient> {
  const authentication = authenticationFor(metadata)
  const first = await registerWith(tools, metadata, { options, authentication })
  if (first.kind === 'registered') return withKey(first.client, authentication)
  const other = first.isAboutRedirect ? onOtherLoopback(options) : null
  if (other === null) throw first.failure
  const next = await registerWith(tools, metadata, { options: other.options, authentication })
  if (next.kind === 'registered')
    return { ...withKey(next.client, authentication), redirectHost: other.redirectHost }
  throw first.failure
}

/** The full request, then smaller ones as long as the server rejects a field. */
async function registerWith(
  tools: Tools,
  metadata: DiscoveredMetadata,
  how: Parameters<typeof requests>[2],
): Promise<Registration> {
  const [full, ...lesser] = requests(tools.deps, metadata, how)
  const first = await registerOnce(tools, metadata, full)
  if (first.kind === 'registered') return first
  for (const less of first.isAboutMetadata ? lesser : []) {
    const next = await registerOnce(tools, metadata, less)
    if (next.kind === 'registered') return next
  }
  return first
}

/** The same redirect URIs with the other loopback name; null if they are not on loopback. */
function onOtherLoopback(
  options: RegistrationOptions,
): { options: RegistrationOptions; redirectHost: 'localhost' | '127.0.0.1' } | null {
  const [first] = options.redirectUris
  const hostname = first === undefined || !URL.canParse(first) ? null : new URL(first).hostname
  if (hostname !== 'localhost' && hostname !== '127.0.0.1') return null
  const redirectHost = hostname === 'localhost' ? '127.0.0.1' : 'localhost'
  const redirectUris = options.redirectUris.map((uri) => uri.replace(`//${hostname}`, `//${redirectHost}`))
  return { options: { ...options, redirectUris }, redirectHost }
}

type Authentication = { method: RegisteredClient['auth']; key: PrivateClientKey | null }

/** How the client will prove itself: the simplest way that the server names, with a key if it needs one. */
function authenticationFor(metadata: DiscoveredMetadata): Authentication {
  const offered = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
  const method = registrable.find((one) => offered.includes(one)) ?? 'none'
  const key = method === 'private_key_jwt' ? makeClientKey(signingAlgorithmFor(metadata)) : null
  return { method, key }
}

const registrable = [
  'none',
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'client_secret_jwt',
] as const

function withKey(client: RegisteredClient, { key }: Authentication): RegisteredClient {
  const isSigned = key !== null && client.auth === 'private_key_jwt'
  return isSigned ? { ...client, clientKeys: new Secret(JSON.stringify([key])) } : client
}

type Registration =
  | { kind: 'registered'; client: RegisteredClient }
  | { kind: 'refused'; isAboutMetadata: boolean; isAboutRedirect: boolean; failure: KeywayError }

async function registerOnce(
  { deps, transport }: Tools,
  metadata: DiscoveredMetadata,
  request: ClientRequest,
): Promise<Registration> {
  const library = await loadLibrary()
  const seen: { reply: HttpResponse | null; failure: HttpFailure | null } = { reply: null, failure: null }
  const fetch: CustomFetch = async (url, init) => {
    // The library requests the metadata first; it is available already.
    if (init.method === 'GET') return jsonResponse(200, { headers: new Headers() }, metadata)
    const headers = { ...init.headers, 'user-agent': deps.userAgent }
    const body = typeof init.body === 'string' ? init.body : null
    try {
      seen.reply = await sendHttp(transport, { method: 'POST', url, headers, body })
    } catch (error) {
      seen.failure = httpFailureOf(error, new URL(url).host)
      throw seen.failure
    }
    const read = readTokenBody(seen.reply.text)
    const fine = seen.reply.status === 200 || seen.reply.status === 201
    return jsonResponse(fine ? 201 : 400, seen.reply, read.kind === 'object' ? completed(read.body) : {})
  }
  const server = new URL('/.well-known/openid-configuration', metadata.issuer)
  const options = { [library.customFetch]: fetch, execute: loopbackExtensions(library) }
  try {
    const config = await library.dynamicClientRegistration(server, request, undefined, options)
    return { kind: 'registered', client: registeredClient(config.clientMetadata()) }
  } catch (error) {
    if (seen.failure !== null) throw seen.failure
    if (error instanceof KeywayError) throw error
    return refusedRegistration(seen.reply, error)
  }
}

function requests(
  deps: OAuthDeps,
  metadata: DiscoveredMetadata,
  {
    options,
    authentication: { method, key },
  }: { options: RegistrationOptions; authentication: Authentication },
): [ClientRequest, ...ClientRequest[]] {
  const device = 'urn:ietf:params:oauth:grant-type:device_code'
  // Some servers issue refresh tokens without listing the grant type.
  const lasting = ['authorization_code', 'refresh_token']
  const least = {
    client_name: deps.appName ?? 'Keyway',
    redirect_uris: [...options.redirectUris],
    response_types: ['code'],
    token_endpoint_auth_method: method,
    ...(key === null
      ? {}
      : { token_endpoint_auth_signing_alg: key.alg, jwks: { keys: [publicPartOf(key)] } }),
  }
  const scope = options.scopes.length === 0 ? {} : { scope: options.scopes.join(' ') }
  const hasDevice = metadata.grant_types_supported?.includes(device) === true
  return [
    {
      ...least,
      ...scope,
      application_type: 'native',
      grant_types: hasDevice ? [...lasting, device] : lasting,
    },
    { ...least, application_type: 'native', grant_types: lasting },
    { ...least, application_type: 'native', grant_types: ['authorization_code'] },
    { ...least, grant_types: lasting },
  ]
}

function registeredClient(registered: unknown): RegisteredClient {
  const parsed = answer.safeParse(registered)
  if (!parsed.success) {
    throw new KeywayError('provider_response_invalid', {
      message: 'The registration answer holds no usable client.',
    })
  }
  const { data } = parsed
  const clientSecret = secretOrNull(data.client_secret)
  const told = data.token_endpoint_auth_method
  const method = registrable.find((one) => one !== 'none' && one === told) ?? 'client_secret_basic'
  const isPublic = told !== 'private_key_jwt' && (clientSecret === null || told === 'none')
  const token = data.registration_access_token ?? ''
  return {
    clientId: data.client_id,
    clientSecret,
    auth: isPublic ? 'none' : method,
    clientKeys: null,
    isDpopBound: data.dpop_bound_access_tokens === true,
    clientSecretExpiresAt: clientSecret === null ? null : (data.client_secret_expires_at ?? 0) * 1000 || null,
    registration:
      token === ''
        ? null
        : new Secret(JSON.stringify({ accessToken: token, uri: data.registration_client_uri ?? null })),
  }
}

function refusedRegistration(reply: HttpResponse | null, cause: unknown): Registration {
  const read = reply === null ? null : readTokenBody(reply.text)
  const body = read?.kind === 'object' ? read.body : {}
  const words = [body['error'], body['error_description']]
    .filter((part) => typeof part === 'string')
    .join(': ')
  const said = scrub(words.slice(0, 4000).replace(/[\p{Cc}]+/gu, ' '), namedSecrets(body)).slice(0, 300)
  const failure = new KeywayError('provider_error', {
    message: `The server did not register a client${said === '' ? ` (HTTP ${reply?.status ?? '?'})` : ` (${said})`}.`,
    cause,
  })
  const isAboutMetadata = body['error'] === 'invalid_client_metadata' || body['error'] === 'invalid_scope'
  const isAboutRedirect = /redirect/i.test(words)
  return { kind: 'refused', isAboutMetadata, isAboutRedirect, failure }
}

const TEXTS: ReadonlySet<string> = new Set(['client_id', 'client_secret', 'registration_access_token'])

/**
 * The response as the library requires it (RFC 7591 3.2.1): without null fields, ids and secrets as text, no
 * empty secret, and an end of the secret in seconds, where 0 is never.
 */
function completed(body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const texts = Object.entries(body)
    .filter(([, value]) => value !== null)
    .map(([name, value]): [string, unknown] => [name, TEXTS.has(name) ? (textOf(value) ?? value) : value])
  const { client_secret: secret, ...rest } = Object.fromEntries(texts)
  const end = {
    client_secret_expires_at: Math.floor((momentOf(body['client_secret_expires_at']) ?? 0) / 1000),
  }
  return secret === undefined || secret === '' ? rest : { ...rest, client_secret: secret, ...end }
}

/** Seconds since 1970 as a number or text, or an ISO date; null for never and for what cannot be read. */
function momentOf(value: unknown): number | null {
  const isDate = typeof value === 'string' && /[-:]/.test(value)
  return parseMoment(value, isDate ? 'iso8601' : 'epoch_seconds')
}
