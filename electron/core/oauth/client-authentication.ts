// Client authentication, chosen from the spec, the client secret and the server's metadata. Basic is not used
// without a secret, unless the server requires an empty one.
import type { ClientAuth, Configuration, CustomFetch } from 'openid-client'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { BoundedMap } from '../bounded-map.ts'
import {
  type AssertionMethod,
  ASSERTION_TYPE,
  assertionMethods,
  isAssertion,
  makeAssertion,
  requireClientKey,
} from './client-assertion.ts'
import type { AuthorizationServer } from './metadata/endpoints.ts'
import { NO_CLIENT_ID } from './request-format.ts'
import { allowLoopbackHttp, type Library } from './transport/openid-client.ts'
import type { ResolvedProvider } from './types.ts'

export type AuthMethod =
  | 'client_secret_basic'
  | 'client_secret_post'
  | 'none'
  | 'basic_empty_secret'
  /** Basic at a server that does not decode what RFC 6749 2.3.1 has encoded. */
  | 'basic_raw'
  /** Basic at a server that also wants `client_id` in the body, which RFC 6749 2.3.1 allows. */
  | 'basic_with_client_id'
  | AssertionMethod

/**
 * The methods to try, in order. More than one only where the method is not configured; the next is tried if
 * the server rejects the one before.
 */
export function authMethods(
  provider: Authenticating,
  about: {
    supported: readonly string[] | null
    remembered?: AuthMethod | undefined
    withoutSecret?: boolean
    /** False if the issuer is unknown, so that a client assertion cannot name it. */
    hasIssuer?: boolean
  },
): AuthMethod[] {
  // The method that worked before comes first. The others stay available, because a server may change its
  // configuration.
  return possibleMethods(provider, about).toSorted(
    (one, other) => Number(other === about.remembered) - Number(one === about.remembered),
  )
}

type Authenticating = Pick<ResolvedProvider, 'spec' | 'clientSecret' | 'clientKeys' | 'clientId'>

function possibleMethods(
  provider: Authenticating,
  { supported, withoutSecret = false, hasIssuer = true }: Parameters<typeof authMethods>[1],
): AuthMethod[] {
  const { client } = provider.spec
  const isOffered = (method: string): boolean => supported?.includes(method) ?? true
  const hasSecret = provider.clientSecret !== null && provider.clientSecret.length > 0
  const hasKey = provider.clientKeys != null && client.auth === 'auto' && supported !== null
  const open: AuthMethod = client.basicWithEmptySecret ? 'basic_empty_secret' : 'none'
  if (withoutSecret) return [open]
  if (client.auth === 'private_key_jwt' || (hasKey && !hasSecret && isOffered('private_key_jwt')))
    return assertionMethods('private_key_jwt', provider, { hasIssuer })
  if (!hasSecret) return [open]
  if (client.auth === 'none') return [client.authWithSecret ?? 'none']
  if (client.auth === 'client_secret_jwt')
    return assertionMethods('client_secret_jwt', provider, { hasIssuer })
  if (client.auth !== 'auto') return [client.auth]
  const offered = sentSecrets.filter((method) => isOffered(method))
  const signed =
    offered.length === 0 && isOffered('client_secret_jwt')
      ? assertionMethods('client_secret_jwt', provider, { hasIssuer })
      : []
  const sent: AuthMethod[] = offered.length === 0 ? [...sentSecrets] : offered
  if (sent.includes('client_secret_basic')) {
    if (encodingsDiffer(provider)) sent.push('basic_raw')
    sent.push('basic_with_client_id')
  }
  return [...signed, ...sent]
}

const sentSecrets = ['client_secret_basic', 'client_secret_post'] as const

/** One request to an endpoint at which the client proves itself. */
export type ClientCall = {
  provider: ResolvedProvider
  server: AuthorizationServer
  url: string
  withoutSecret?: boolean
}

/**
 * Sends a request with one method after the other, until the server accepts the client. The same for the
 * token, revocation, device authorization and pushed authorization endpoints.
 */
export type ClientAuthentication = {
  /**
   * `refusal`: what a result says about the client, null if it says nothing. A thrown KeywayError is judged
   * by its `providerCode`.
   */
  authenticated<T>(
    call: ClientCall,
    attempt: (method: AuthMethod) => Promise<T>,
    refusal: (result: T) => ClientVerdict,
  ): Promise<T>
}
export type ClientVerdict = 'accepted' | 'refused' | 'unknown'

const REMEMBERED = 500

/** Remembers which method a provider accepted, for each endpoint and for the provider as a whole. */
export function createClientAuthentication(): ClientAuthentication {
  const accepted = new BoundedMap<string, AuthMethod>(REMEMBERED)
  return {
    async authenticated<T>(
      call: ClientCall,
      attempt: (method: AuthMethod) => Promise<T>,
      refusal: (result: T) => ClientVerdict,
    ) {
      const client = `${call.provider.id} ${call.provider.clientId}`
      const endpoint = `${client} ${call.url}`
      const methods = authMethods(call.provider, {
        supported: supportedMethods(call.server),
        remembered: accepted.get(endpoint) ?? accepted.get(client),
        withoutSecret: call.withoutSecret ?? false,
        hasIssuer: call.server.issuer !== null,
      })
      requireClientKey(call.provider, methods)
      let refused: (() => T) | null = null
      for (const method of methods) {
        const outcome = await settled(attempt, method, refusal)
        if (outcome.verdict === 'refused') {
          // The response to the first method tells most: the others are less usual.
          refused ??= outcome.give
          continue
        }
        if (outcome.verdict === 'accepted') {
          accepted.set(endpoint, method)
          accepted.set(client, method)
        }
        return outcome.give()
      }
      if (refused === null) throw new Error('there is no way to authenticate')
      return refused()
    },
  }
}

async function settled<T>(
  attempt: (method: AuthMethod) => Promise<T>,
  method: AuthMethod,
  refusal: (result: T) => ClientVerdict,
): Promise<{ verdict: ClientVerdict; give: () => T }> {
  try {
    const result = await attempt(method)
    return { verdict: refusal(result), give: () => result }
  } catch (error) {
    const isRefusal =
      error instanceof KeywayError && isClientRefusal(error.details['providerCode'], error.message)
    const give = (): never => {
      throw error
    }
    return { verdict: isRefusal ? 'refused' : 'unknown', give }
  }
}

/** RFC 8414: if the metadata has no such field, Basic is supported. Without metadata nothing is known. */
function supportedMethods({ discovered }: AuthorizationServer): readonly string[] | null {
  if (discovered === null) return null
  return discovered.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
}

const refusals: ReadonlySet<unknown> = new Set([
  'invalid_client',
  'unauthorized_client',
  'http_401',
  'http_403',
])

/**
 * RFC 6749 5.2 defines invalid_client. Some servers send a bare 401 or 403 or unauthorized_client instead,
 * and servers that look for the credentials elsewhere send invalid_request.
 */
export function isClientRefusal(code: unknown, words: string): boolean {
  if (refusals.has(code)) return true
  return code === 'invalid_request' && /client[_ ]?(?:id|secret|auth|cred)|credential/i.test(words)
}

/**
 * Uses the library's client authentication where it fits the server. Basic is built here, because servers
 * differ in how they decode it.
 */
function clientAuthentication(
  library: Library,
  { provider, server, method, skewSeconds = 0 }: ConfigurationInput,
): ClientAuth {
  const secret = provider.clientSecret?.reveal() ?? ''
  if (method === 'none') return library.None()
  if (method === 'client_secret_post') return library.ClientSecretPost(secret)
  if (isAssertion(method)) {
    const sign: unknown = async (...[, client, body]: Parameters<ClientAuth>): Promise<void> => {
      body.set('client_id', client.client_id)
      body.set('client_assertion_type', ASSERTION_TYPE)
      body.set('client_assertion', await makeAssertion(provider, { server, method, skewSeconds }))
    }
    // The library waits for it, as for its own signing methods; only its type does not say so.
    return sign as ClientAuth
  }
  const password = method === 'basic_empty_secret' ? '' : secret
  const encoding = method === 'basic_raw' ? 'raw' : provider.spec.client.basicEncoding
  return (_server, client, body, headers) => {
    if (method === 'basic_with_client_id') body.set('client_id', client.client_id)
    headers.set('authorization', basicHeader(encoding, client.client_id, password))
  }
}

/** Whether a server that does not URL-decode would read another id or secret. */
function encodingsDiffer({
  spec,
  clientId,
  clientSecret,
}: Pick<ResolvedProvider, 'spec' | 'clientSecret' | 'clientId'>): boolean {
  const texts = [clientId, clientSecret?.reveal() ?? '']
  return spec.client.basicEncoding === 'form' && texts.some((text) => formEncoded(text) !== text)
}

/**
 * RFC 7617 with the encoding of RFC 6749 2.3.1, unless the server is known not to decode. The library also
 * escapes `-`, `.` and `_`. That is allowed, but it breaks servers that do not decode, for example with ids
 * that are UUIDs. So characters that need no escape are not escaped here.
 */
export function basicHeader(
  encoding: ResolvedProvider['spec']['client']['basicEncoding'],
  user: string,
  password: string,
): string {
  const encode = encoding === 'form' ? formEncoded : (text: string): string => text
  return `Basic ${Buffer.from(`${encode(user)}:${encode(password)}`, 'utf8').toString('base64')}`
}

function formEncoded(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}

/** @throws KeywayError config_error if the provider needs a client id and has none. */
export function requireClientId(provider: ResolvedProvider): void {
  if (provider.clientId !== '' || provider.spec.client.noRegistration) return
  throw new KeywayError('config_error', {
    message: `${provider.name} has no client id yet.`,
    nextStep: `Register an app at ${provider.name} and enter its client id on the provider page.`,
    details: { field: 'clientId' },
  })
}

export type ConfigurationInput = {
  provider: ResolvedProvider
  server: AuthorizationServer
  method: AuthMethod
  fetch: CustomFetch
  /**
   * Seconds to add to the library's clock, so that a wrong local clock does not invalidate id_tokens or DPoP
   * proofs.
   */
  skewSeconds?: number
  /** Replaces the server's issuer where the provider's rules allow another. */
  issuer?: string | null
}

/**
 * The library's configuration of one provider for one call. Cheap to build; it holds the secret only for that
 * call.
 */
export function buildConfiguration(library: Library, input: ConfigurationInput): Configuration {
  const { provider, server } = input
  const metadata = { ...server.metadata, ...(input.issuer == null ? {} : { issuer: input.issuer }) }
  const client = { [library.clockSkew]: input.skewSeconds ?? 0 }
  const config = new library.Configuration(
    metadata,
    provider.clientId === '' ? NO_CLIENT_ID : provider.clientId,
    client,
    clientAuthentication(library, input),
  )
  // The core applies deadlines with its own clock.
  config.timeout = 0
  config[library.customFetch] = input.fetch
  allowLoopbackHttp(library, config)
  return config
}
