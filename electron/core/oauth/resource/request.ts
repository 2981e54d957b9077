// Sends a JSON request to a provider's API with the connection's token, for identity and resources. A new
// DPoP nonce is used for one retry.
import type { CustomFetch } from 'openid-client'
import { KeywayError } from '../../../../shared/contract/errors.ts'
import { parseJson } from '../../../../shared/domain/exact-json.ts'
import { fillMap, fillTemplate } from '../../../../shared/domain/template.ts'
import { withDeadline } from '../../async.ts'
import type { DpopKeys, PrivateJwk } from '../dpop.ts'
import { asDiscoveryError } from '../metadata/metadata.ts'
import { templateValues, withSecrets } from '../request-format.ts'
import { idTokenClaims } from '../token/response.ts'
import { sendHttp, type HttpTransport, type HttpResponse } from '../transport/http-exchange.ts'
import { allowLoopbackHttp, loadLibrary } from '../transport/openid-client.ts'
import {
  type ApiCredential,
  DISCOVERY_DEADLINE_MS,
  type OAuthClient,
  type OAuthDeps,
  type ResolvedProvider,
} from '../types.ts'

export type ProviderApiRequest = {
  method: 'GET' | 'POST'
  url: string
  headers: Readonly<Record<string, string>>
  body: string | null
  /** Throws if the response must not be used. */
  check?: (reply: HttpResponse) => Promise<void>
}

export type CallProviderApi = (
  provider: ResolvedProvider,
  credential: ApiCredential,
  call: ProviderApiRequest,
  signal?: AbortSignal,
) => Promise<unknown>

/**
 * Returns the parsed JSON.
 * @throws KeywayError provider_error | provider_response_invalid | provider_unreachable | deadline_exceeded
 */
export function createApiCaller(deps: OAuthDeps, apiHeaders: OAuthClient['apiHeaders']): CallProviderApi {
  const sendWith = async (
    wire: HttpTransport,
    about: { provider: ResolvedProvider; credential: ApiCredential; call: ProviderApiRequest },
    nonce: string | null,
  ): Promise<HttpResponse> => {
    const { provider, credential, call } = about
    const { method, url, body } = call
    const values = templateValues(deps, provider, credential.values)
    const headers = {
      accept: 'application/json',
      'user-agent': deps.userAgent,
      ...lowerCase(fillMap(provider.spec.api.headers, values)),
      ...Object.fromEntries(await apiHeaders(provider, credential, { method, url, nonce })),
      ...lowerCase(call.headers),
    }
    return sendHttp(wire, { method, url, headers, body })
  }

  return async (provider, credential, call, signal) => {
    const { clock } = deps
    try {
      return await withDeadline({ clock, timeoutMs: DISCOVERY_DEADLINE_MS, signal }, async (inner) => {
        const wire = { fetch: deps.fetchFor(provider.extraCa), clock, signal: inner }
        const about = { provider, credential, call }
        let reply = await sendWith(wire, about, null)
        const nonce = reply.headers.get('dpop-nonce')
        if (reply.status === 401 && nonce !== null && credential.dpopKey !== null) {
          reply = await sendWith(wire, about, nonce)
        }
        if (reply.status === 200) await call.check?.(reply)
        return readJson(provider, reply)
      })
    } catch (error) {
      throw asDiscoveryError(error)
    }
  }
}

function readJson(provider: ResolvedProvider, reply: HttpResponse): unknown {
  if (reply.status < 200 || reply.status > 299) {
    throw new KeywayError('provider_error', {
      message: `The API of ${provider.name} answered ${reply.status}.`,
      details: { status: reply.status },
    })
  }
  if (isEncrypted(reply)) {
    throw new KeywayError('provider_response_invalid', {
      message: `The API of ${provider.name} answered encrypted, which Keyway cannot read.`,
      nextStep: 'Switch off encrypted userinfo for this client at the provider.',
    })
  }
  try {
    return isJwt(reply) ? idTokenClaims(reply.text) : parseJson(reply.text)
  } catch (cause) {
    throw new KeywayError('provider_response_invalid', {
      message: `The API of ${provider.name} answered with something that is not JSON.`,
      cause,
    })
  }
}

/**
 * Userinfo may be signed (OIDC Core 5.3.2). The signature is not verified: as with plain JSON, TLS
 * authenticates the server.
 */
export const isJwt = ({ headers, text }: Pick<HttpResponse, 'headers' | 'text'>): boolean =>
  /^application\/jwt\b/i.test(headers.get('content-type') ?? '') || JWT.test(text)

/** Three parts; some servers send it as JSON or text. */
const JWT = /^\s*eyJ[\w-]+\.[\w-]+\.[\w-]*\s*$/

/** An encrypted token has five parts (RFC 7516 3.1). */
export const isEncrypted = ({ text }: Pick<HttpResponse, 'text'>): boolean =>
  /^\s*eyJ[\w-]+(?:\.[\w-]*){4}\s*$/.test(text)

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

// The header that carries the token to the API: Bearer, the provider's own header, or DPoP with a fresh proof
// (RFC 9449 7).

type Header = [name: string, value: string]

export function createApiHeaders({
  deps,
  dpopKeys,
}: {
  deps: OAuthDeps
  dpopKeys: DpopKeys
}): OAuthClient['apiHeaders'] {
  return async (provider, credential, request) => {
    const token = credential.accessToken.reveal()
    const template = provider.spec.api.tokenHeader
    const bound = credential.dpopKey
    const scheme = bound === null ? 'Bearer' : 'DPoP'
    const values = withSecrets(provider, templateValues(deps, provider, credential.values), credential)
    const header =
      template === null ? (['authorization', `${scheme} ${token}`] as Header) : ownHeader(template, values)
    if (bound === null) return [header]
    const proof = await proofFor(dpopKeys, bound, { ...request, token })
    return [header, ['dpop', proof]]
  }
}

function ownHeader(template: string, values: Readonly<Record<string, string>>): Header {
  const colon = template.indexOf(':')
  const value = fillTemplate(template.slice(colon + 1).trim(), values)
  const name = template.slice(0, Math.max(0, colon)).trim().toLowerCase()
  if (value !== null && /^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) return [name, value]
  throw new KeywayError('config_error', {
    message: 'The token header of this provider is not "Name: value" or lacks a value.',
    nextStep: 'Correct the token header under Advanced on the provider page.',
    details: { field: 'api.tokenHeader' },
  })
}

/**
 * The library makes a proof only while it sends a request, so this fetch captures the request instead of
 * sending it. A nonce is passed the way a server does it: in a response, after which the next proof contains
 * it.
 */
async function proofFor(
  dpopKeys: DpopKeys,
  jwk: PrivateJwk,
  request: { method: string; url: string; nonce: string | null; token: string },
): Promise<string> {
  const library = await loadLibrary()
  const captured = { proof: '' }
  const capture: CustomFetch = (_url, init) => {
    captured.proof = init.headers['dpop'] ?? ''
    const headers = request.nonce === null ? {} : { 'dpop-nonce': request.nonce }
    return Promise.resolve(new Response(null, { status: 200, headers }))
  }
  // A proof needs neither server nor client, but the library requires both.
  const config = new library.Configuration(
    { issuer: 'https://unknown.invalid' },
    'none',
    undefined,
    library.None(),
  )
  config[library.customFetch] = capture
  allowLoopbackHttp(library, config)
  const DPoP = await dpopKeys.handle({ library, config, skewSeconds: 0 }, jwk)
  const send = (): Promise<Response> =>
    library.fetchProtectedResource(
      config,
      request.token,
      new URL(request.url),
      request.method,
      null,
      undefined,
      { DPoP },
    )
  await send()
  if (request.nonce !== null) await send()
  return captured.proof
}
