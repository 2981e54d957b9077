// Client assertions (RFC 7523, OpenID Connect Core 9): a JWT that proves the client instead of its secret,
// signed with a key pair (private_key_jwt) or with the client secret (client_secret_jwt).
import { randomUUID } from 'node:crypto'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { parsePrivateKeys } from './client-keys.ts'
import type { AuthorizationServer } from './metadata/endpoints.ts'
import type { ResolvedProvider } from './types.ts'

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/**
 * `older_key_jwt`: the key before the newest, until the provider knows the newest. The others put the token
 * endpoint in `aud`, which some servers want instead of the issuer.
 */
const assertions = {
  private_key_jwt: { key: 0, audience: 'issuer' },
  private_key_jwt_to_token_endpoint: { key: 0, audience: 'token_endpoint' },
  older_key_jwt: { key: 1, audience: 'issuer' },
  older_key_jwt_to_token_endpoint: { key: 1, audience: 'token_endpoint' },
  client_secret_jwt: { key: null, audience: 'issuer' },
  client_secret_jwt_to_token_endpoint: { key: null, audience: 'token_endpoint' },
} as const

export type AssertionMethod = keyof typeof assertions

export function isAssertion(method: string): method is AssertionMethod {
  return Object.hasOwn(assertions, method)
}

type Signer = Pick<ResolvedProvider, 'spec' | 'clientId' | 'clientSecret' | 'clientKeys'>

/** The assertions to try: the newest key first, and the issuer as audience before the token endpoint. */
export function assertionMethods(
  kind: 'private_key_jwt' | 'client_secret_jwt',
  { spec, clientKeys }: Signer,
  { hasIssuer }: { hasIssuer: boolean },
): AssertionMethod[] {
  const wanted = spec.client.assertionAudience
  const keys = clientKeys == null ? 0 : parsePrivateKeys(clientKeys).length
  return (Object.keys(assertions) as AssertionMethod[]).filter((method) => {
    const { key, audience } = assertions[method]
    if ((key === null) !== (kind === 'client_secret_jwt')) return false
    if (key !== null && key >= Math.max(1, keys)) return false
    if (!hasIssuer) return audience === 'token_endpoint'
    return wanted === 'auto' || wanted === audience
  })
}

const LIFETIME_SECONDS = 60

export async function makeAssertion(
  provider: Signer,
  {
    server,
    method,
    skewSeconds,
  }: { server: AuthorizationServer; method: AssertionMethod; skewSeconds: number },
): Promise<string> {
  const { SignJWT, importJWK } = await import('jose')
  const { key: index, audience } = assertions[method]
  const now = Math.floor(Date.now() / 1000) + skewSeconds
  const token = server.endpoint('token')
  const claims = new SignJWT({ jti: randomUUID() })
    .setIssuer(provider.clientId)
    .setSubject(provider.clientId)
    .setAudience((audience === 'issuer' ? server.issuer : token) ?? server.metadata.issuer)
    .setIssuedAt(now)
    .setExpirationTime(now + LIFETIME_SECONDS)
  if (index === null) {
    const secret = Buffer.from(provider.clientSecret?.reveal() ?? '', 'utf8')
    return claims.setProtectedHeader({ alg: secretAlgorithm(server), typ: 'JWT' }).sign(secret)
  }
  const key = provider.clientKeys == null ? undefined : parsePrivateKeys(provider.clientKeys)[index]
  if (key === undefined) throw new Error('there is no key to sign with')
  const { alg, kid } = key
  return claims.setProtectedHeader({ alg, kid, typ: 'JWT' }).sign(await importJWK({ ...key }, alg))
}

/** HS256, unless the metadata names only stronger ones. */
function secretAlgorithm({ discovered }: AuthorizationServer): string {
  const named = discovered?.token_endpoint_auth_signing_alg_values_supported ?? []
  const known = ['HS256', 'HS384', 'HS512']
  return known.find((alg) => named.includes(alg)) ?? 'HS256'
}

/** @throws KeywayError config_error if one of these methods needs a key and there is none */
export function requireClientKey(
  { name, clientKeys }: Pick<ResolvedProvider, 'name' | 'clientKeys'>,
  methods: readonly string[],
): void {
  const needsKey = methods.some((method) => isAssertion(method) && assertions[method].key !== null)
  if (!needsKey || clientKeys != null) return
  throw new KeywayError('config_error', {
    message: `${name} wants a signature, and there is no key to sign with.`,
    nextStep: `Make a new key on the page of ${name}, and register its public part at the provider.`,
    details: { field: 'spec.client.auth' },
  })
}
