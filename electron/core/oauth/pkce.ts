import { createHash, randomBytes } from 'node:crypto'
import type { ResolvedProvider } from './oauth-client.ts'

export type Pkce = { verifier: string; challenge: string; method: 'S256' | 'plain' }

/** RFC 7636, with the two deviations that servers have: the digest in hex under the name S256, and plain. Null: off. */
export function makePkce(provider: Pick<ResolvedProvider, 'spec' | 'clientSecret'>): Pkce | null {
  const { pkce, pkceWithSecret } = provider.spec.authorize
  const kind = provider.clientSecret === null ? pkce : (pkceWithSecret ?? pkce)
  if (kind === 'off') return null
  const verifier = randomText(32)
  if (kind === 'plain') return { verifier, challenge: verifier, method: 'plain' }
  const digest = createHash('sha256').update(verifier)
  return { verifier, challenge: digest.digest(kind === 'S256' ? 'base64url' : 'hex'), method: 'S256' }
}

/** At least 256 bits, longer where a server counts characters. */
export function randomText(bytes: number, minLength = 0): string {
  return randomBytes(Math.max(bytes, Math.ceil((minLength * 3) / 4))).toString('base64url')
}
