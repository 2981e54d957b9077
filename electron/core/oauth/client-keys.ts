// Key pairs of clients, as JSON Web Keys (RFC 7517): making, reading, and their public part.
import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { z } from 'zod'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { type ClientKey, clientKey } from '../../../shared/contract/provider.ts'
import type { ProviderSpec } from '../../../shared/contract/provider-spec.ts'
import type { Secret } from '../../../shared/contract/secret.ts'
import { parseJson } from '../../../shared/domain/exact-json.ts'

export type SigningAlgorithm = ProviderSpec['client']['signingAlgorithm']

const text = z.string().min(1).max(2000)
const privateKeySchema = z.strictObject({
  kty: z.enum(['EC', 'OKP', 'RSA']),
  kid: text,
  alg: z.enum(['ES256', 'RS256', 'PS256', 'EdDSA']),
  use: z.literal('sig'),
  d: text,
  crv: text.exactOptional(),
  x: text.exactOptional(),
  y: text.exactOptional(),
  n: text.exactOptional(),
  e: text.exactOptional(),
  p: text.exactOptional(),
  q: text.exactOptional(),
  dp: text.exactOptional(),
  dq: text.exactOptional(),
  qi: text.exactOptional(),
})
export type PrivateClientKey = z.output<typeof privateKeySchema>

/** Newest first. @throws KeywayError bundle_damaged: only an imported text can be anything else */
export function parsePrivateKeys(keys: Secret): PrivateClientKey[] {
  try {
    return z.array(privateKeySchema).max(2).parse(parseJson(keys.reveal()))
  } catch {
    // No cause: the parser's message would hold parts of the text.
    throw new KeywayError('bundle_damaged', { message: 'The keys of a client are not private keys.' })
  }
}

export function makeClientKey(algorithm: SigningAlgorithm): PrivateClientKey {
  const { privateKey } =
    algorithm === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : algorithm === 'EdDSA'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('rsa', { modulusLength: 2048 })
  const jwk = privateKey.export({ format: 'jwk' })
  return { ...jwk, kid: thumbprintOf(jwk), alg: algorithm, use: 'sig' } as PrivateClientKey
}

const algorithms = ['ES256', 'EdDSA', 'PS256', 'RS256'] as const satisfies readonly SigningAlgorithm[]

/** The first of Keyway's algorithms that the server takes; ES256 if it names none. */
export function signingAlgorithmFor(metadata: {
  token_endpoint_auth_signing_alg_values_supported?: string[] | undefined
}): SigningAlgorithm {
  const named = metadata.token_endpoint_auth_signing_alg_values_supported ?? []
  return algorithms.find((one) => named.includes(one)) ?? 'ES256'
}

/** RFC 7638. */
function thumbprintOf({ kty, crv, x, y, n, e }: { [name: string]: unknown }): string {
  const required = kty === 'RSA' ? { e, kty, n } : kty === 'EC' ? { crv, kty, x, y } : { crv, kty, x }
  return createHash('sha256').update(JSON.stringify(required)).digest('base64url')
}

/** Only the named members, so that no private member can slip through. */
export function publicPartOf(key: PrivateClientKey): ClientKey {
  const members = Object.entries(key).filter(([name]) => Object.hasOwn(clientKey.shape, name))
  return clientKey.parse(Object.fromEntries(members))
}

/** The public key in PEM, for providers that take no JWK. */
export function pemOf(key: ClientKey): string {
  return createPublicKey({ key: { ...key }, format: 'jwk' })
    .export({ type: 'spki', format: 'pem' })
    .toString()
}
