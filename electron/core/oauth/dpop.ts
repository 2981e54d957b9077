// DPoP (RFC 9449): one key per authorization, stored with the tokens as a private JWK. Handles are cached
// because they hold the server's nonces, which saves a rejected request at every refresh.
import type { webcrypto } from 'node:crypto'
import type { Configuration, DPoPHandle } from 'openid-client'
import { BoundedMap } from '../bounded-map.ts'
import type { Library } from './transport/openid-client.ts'

export type PrivateJwk = Readonly<Record<string, unknown>>

export type DpopKeys = {
  make(library: Library): Promise<PrivateJwk>
  /** A handle keeps the clock skew of its configuration, so the skew is part of the cache key. */
  handle(
    tools: { library: Library; config: Configuration; skewSeconds: number },
    jwk: PrivateJwk,
  ): Promise<DPoPHandle>
}

/** The library's name for the type; the platform has two types for the same thing. */
type KeyPair = Parameters<Library['getDPoPHandle']>[1]

const REMEMBERED = 200
const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const

export function createDpopKeys(): DpopKeys {
  const handles = new BoundedMap<string, Promise<DPoPHandle>>(REMEMBERED)
  return {
    async make(library) {
      const pair = await library.randomDPoPKeyPair('ES256', { extractable: true })
      return { ...(await crypto.subtle.exportKey('jwk', pair.privateKey)) }
    },
    handle({ library, config, skewSeconds }, jwk) {
      const key = `${String(jwk['x'])}.${String(jwk['y'])}.${Math.round(skewSeconds / 5)}`
      const known = handles.get(key)
      if (known !== undefined) return known
      const made = importPair(jwk).then((pair) => library.getDPoPHandle(config, pair))
      made.catch(() => handles.delete(key))
      handles.set(key, made)
      return made
    },
  }
}

async function importPair(jwk: PrivateJwk): Promise<KeyPair> {
  const { kty, crv, x, y, d } = jwk as webcrypto.JsonWebKey
  const jwkOf = (parts: object): webcrypto.JsonWebKey => parts
  if (typeof d !== 'string') throw new TypeError('the stored DPoP key is not a private key')
  const [privateKey, publicKey] = await Promise.all([
    crypto.subtle.importKey('jwk', jwkOf({ kty, crv, x, y, d }), algorithm, false, ['sign']),
    crypto.subtle.importKey('jwk', jwkOf({ kty, crv, x, y }), algorithm, true, ['verify']),
  ])
  return { privateKey, publicKey }
}
