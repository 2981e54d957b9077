// Keys made at start and gone at the end; without them oidc-provider would fall back to published development keys and say so.
import { generateKeyPair, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import type { JWKS } from 'oidc-provider'

const makeKeyPair = promisify(generateKeyPair)

/** One RS256 key, which every OpenID client must understand (OpenID Connect Core 15.1), and one ES256 key. */
export async function makeSigningKeys(): Promise<JWKS> {
  const [rsa, ec] = await Promise.all([
    makeKeyPair('rsa', { modulusLength: 2048 }),
    makeKeyPair('ec', { namedCurve: 'P-256' }),
  ])
  return {
    keys: [
      { ...rsa.privateKey.export({ format: 'jwk' }), kid: 'rehearsal-rs256', use: 'sig', alg: 'RS256' },
      { ...ec.privateKey.export({ format: 'jwk' }), kid: 'rehearsal-es256', use: 'sig', alg: 'ES256' },
    ] as JWKS['keys'],
  }
}

export const makeCookieKey = (): string => randomBytes(32).toString('base64url')

/** 32 bytes, as oidc-provider wants them for its DPoP nonces. */
export const makeNonceSecret = (): Buffer => randomBytes(32)
