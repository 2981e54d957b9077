// Verifies signed userinfo (OpenID Connect Core 5.3.4) with the keys that the server's metadata names.
// Without such keys, TLS alone authenticates the server, as with plain JSON.
import { KeywayError } from '../../../../shared/contract/errors.ts'
import { readTokenBody } from '../../../../shared/domain/token-response.ts'
import { DISCOVERY_DEADLINE_MS, type OAuthDeps, type ResolvedProvider } from '../types.ts'
import { withDeadline } from '../../async.ts'
import type { EndpointResolver } from '../metadata/endpoints.ts'
import { getDocument } from '../metadata/metadata.ts'
import type { HttpResponse } from '../transport/http-exchange.ts'
import { isEncrypted, isJwt } from './request.ts'

/** More keys than this are not read. */
const MAX_KEYS = 100
const sized = ['RS', 'PS', 'ES'].flatMap((kind) => ['256', '384', '512'].map((size) => kind + size))
const ALGORITHMS = [...sized, 'EdDSA', 'Ed25519']

type Tools = { deps: OAuthDeps; servers: EndpointResolver }

/**
 * Passes what is not signed.
 * @throws KeywayError provider_response_invalid if the signature does not hold
 */
export async function checkUserinfoSignature(
  { deps, servers }: Tools,
  provider: ResolvedProvider,
  reply: HttpResponse,
  signal?: AbortSignal,
): Promise<void> {
  if (!isJwt(reply) || isEncrypted(reply)) return
  const server = await servers.resolveEndpoints(provider, { need: [], discovery: 'if-possible', signal })
  const address = server.discovered?.jwks_uri
  if (address === undefined) return
  const { clock } = deps
  const document = await withDeadline({ clock, timeoutMs: DISCOVERY_DEADLINE_MS, signal }, (inner) =>
    getDocument({ fetch: deps.fetchFor(provider.extraCa), clock, signal: inner }, address, deps.userAgent),
  )
  const read = readTokenBody(document.text)
  const given: unknown = read.kind === 'object' ? read.body['keys'] : null
  const keys = Array.isArray(given) ? given.slice(0, MAX_KEYS) : []
  const secret = provider.clientSecret?.reveal() ?? ''
  if (await isSigned(reply.text.trim(), keys, secret)) return
  throw new KeywayError('provider_response_invalid', {
    message: `The signature of the userinfo of ${provider.name} does not hold.`,
  })
}

async function isSigned(jwt: string, keys: readonly unknown[], clientSecret: string): Promise<boolean> {
  const { compactVerify, createLocalJWKSet, decodeProtectedHeader, errors } = await import('jose')
  try {
    if (decodeProtectedHeader(jwt).alg?.startsWith('HS') === true) {
      if (clientSecret === '') return false
      await compactVerify(jwt, new TextEncoder().encode(clientSecret))
      return true
    }
    const options = { algorithms: ALGORITHMS }
    try {
      await compactVerify(jwt, createLocalJWKSet({ keys: keys as never }), options)
      return true
    } catch (error) {
      // The token does not say which key signed it.
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) return false
      for await (const key of error) {
        if (await compactVerify(jwt, key, options).then(...yesOrNo)) return true
      }
      return false
    }
  } catch {
    return false
  }
}

const yesOrNo = [() => true, () => false] as const
