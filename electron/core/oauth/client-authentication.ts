// How the client proves itself: chosen from spec, secret and metadata. No Basic without a secret, unless the
// server wants an empty one.
import type { ClientAuth, Configuration, CustomFetch } from 'openid-client'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { AuthorizationServer } from './metadata/endpoints.ts'
import { NO_CLIENT_ID } from './token/request-format.ts'
import { allowLoopbackHttp, type Library } from './transport/openid-client.ts'
import type { ResolvedProvider } from './types.ts'

export type AuthMethod =
  | 'client_secret_basic'
  | 'client_secret_post'
  | 'none'
  | 'basic_empty_secret'
  /** Basic at a server that does not decode what RFC 6749 2.3.1 has encoded. */
  | 'basic_raw'

/**
 * The ways to try, in order. More than one only where nobody has said which: the second is for a server that
 * refuses the first.
 */
export function authMethods(
  provider: Pick<ResolvedProvider, 'spec' | 'clientSecret' | 'clientId'>,
  about: {
    supported: readonly string[] | null
    remembered?: AuthMethod | undefined
    withoutSecret?: boolean
  },
): AuthMethod[] {
  const { client } = provider.spec
  const hasSecret = provider.clientSecret !== null && provider.clientSecret.length > 0
  if (!hasSecret || about.withoutSecret === true)
    return [client.basicWithEmptySecret ? 'basic_empty_secret' : 'none']
  if (client.auth === 'none') return [client.authWithSecret ?? 'none']
  if (client.auth !== 'auto') return [client.auth]
  const both: AuthMethod[] = ['client_secret_basic', 'client_secret_post']
  const offered = both.filter((method) => about.supported?.includes(method) ?? true)
  const usable = offered.length === 0 ? both : offered
  if (usable.includes('client_secret_basic') && encodingsDiffer(provider)) usable.push('basic_raw')
  // What worked before comes first; the other stays possible, since a server may change its mind.
  return usable.toSorted(
    (one, other) => Number(other === about.remembered) - Number(one === about.remembered),
  )
}

/** RFC 6749 5.2 says invalid_client; real servers say it also with a bare 401, or as unauthorized_client. */
export function isClientRejection(code: unknown): boolean {
  return code === 'invalid_client' || code === 'unauthorized_client' || code === 'http_401'
}

/**
 * One way after the other, as long as it is the client that is refused (providerCode in the failure's
 * details).
 */
export async function tryEach<T>(
  methods: readonly AuthMethod[],
  attempt: (method: AuthMethod) => Promise<T>,
): Promise<T> {
  const [method = 'none', ...others] = methods
  try {
    return await attempt(method)
  } catch (error) {
    const code = error instanceof KeywayError ? error.details['providerCode'] : null
    if (others.length === 0 || !isClientRejection(code)) throw error
    return tryEach(others, attempt)
  }
}

/**
 * The library's own authentication where it fits the server; Basic is built here, because its encoding is
 * what servers differ in.
 */
export function clientAuthentication(
  library: Library,
  provider: Pick<ResolvedProvider, 'spec' | 'clientSecret'>,
  method: AuthMethod,
): ClientAuth {
  const secret = provider.clientSecret?.reveal() ?? ''
  if (method === 'none') return library.None()
  if (method === 'client_secret_post') return library.ClientSecretPost(secret)
  const password = method === 'basic_empty_secret' ? '' : secret
  const encoding = method === 'basic_raw' ? 'raw' : provider.spec.client.basicEncoding
  return (_server, client, _body, headers) => {
    headers.set('authorization', basicHeader(encoding, client.client_id, password))
  }
}

/** Whether a server that does not decode would see another id or secret. */
function encodingsDiffer({
  spec,
  clientId,
  clientSecret,
}: Pick<ResolvedProvider, 'spec' | 'clientSecret' | 'clientId'>): boolean {
  const texts = [clientId, clientSecret?.reveal() ?? '']
  return spec.client.basicEncoding === 'form' && texts.some((text) => formEncoded(text) !== text)
}

/**
 * RFC 7617 over what RFC 6749 2.3.1 says, unless the server is known not to decode. The library's Basic
 * escapes `-`, `.` and `_` as well, which is allowed but breaks with servers that do not decode and ids that
 * are UUIDs; what needs no escape is left alone here.
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

/** @throws KeywayError config_error when the provider needs a client id and has none. */
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
   * What the library's clock is to be moved by, so that a wrong local clock does not make id_tokens or proofs
   * invalid.
   */
  skewSeconds?: number
  /** Instead of the server's own, where the provider's rules allow another. */
  issuer?: string | null
}

/** The library's view of one provider for one call. Cheap; holds the secret no longer than the call. */
export function buildConfiguration(library: Library, input: ConfigurationInput): Configuration {
  const { provider, server, method } = input
  const metadata = { ...server.metadata, ...(input.issuer == null ? {} : { issuer: input.issuer }) }
  const client = { [library.clockSkew]: input.skewSeconds ?? 0 }
  const config = new library.Configuration(
    metadata,
    provider.clientId === '' ? NO_CLIENT_ID : provider.clientId,
    client,
    clientAuthentication(library, provider, method),
  )
  // Deadlines are kept outside, by the core's own clock.
  config.timeout = 0
  config[library.customFetch] = input.fetch
  allowLoopbackHttp(library, config)
  return config
}
