// How a token travels to the API: Bearer, the provider's own header, or DPoP with a fresh proof (RFC 9449 7).
import type { CustomFetch } from 'openid-client'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { fillTemplate } from '../../../shared/domain/template.ts'
import type { DpopKeys, PrivateJwk } from './dpop-keys.ts'
import { allowLoopbackHttp, loadLibrary } from './library.ts'
import type { OAuthClient } from './oauth-client.ts'
import type { OAuthDeps } from './oauth-deps.ts'
import { templateValues, withSecrets } from './provider-values.ts'

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
 * The library makes proofs only while it sends; so it "sends" to here. A nonce is handed over the way a server does it: with an answer, after
 * which the next proof carries it.
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
  // A proof needs neither server nor client; the library wants to be told of both.
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
