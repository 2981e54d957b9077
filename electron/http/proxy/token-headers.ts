// The headers that carry the token to the API.
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import type { TargetUrl } from '../../../shared/domain/proxy-target.ts'
import type { VendedToken } from '../../core/connections/tokens/types.ts'
import type { Keyway } from '../../core/keyway.ts'

export type TokenHeaders = ReadonlyArray<readonly [string, string]>

/** The same for every request; null for a token that needs a proof each time. */
export function plainTokenHeaders(token: VendedToken): TokenHeaders | null {
  const known = plain.get(token)
  if (known !== undefined) return known
  const made = isBound(token) ? null : [headerOf(token)]
  plain.set(token, made)
  return made
}

// As long as the token itself is held, and no longer.
const plain = new WeakMap<VendedToken, TokenHeaders | null>()

/** RFC 9449: whoever holds the token must prove it anew for exactly this request. */
export async function provenTokenHeaders(
  keyway: Keyway,
  connection: ConnectionRecord,
  { method, url, nonce }: { method: string; url: TargetUrl; nonce: string | null },
): Promise<TokenHeaders> {
  const provider = keyway.providers.resolve(connection.providerId)
  // The proof's htu is the address without query and fragment (RFC 9449 4.2); the client cuts them off itself.
  return keyway.oauth.apiHeaders(provider, keyway.connections.credential(connection.id), {
    method,
    url: url.href,
    nonce,
  })
}

export function isBound({ tokenType }: Pick<VendedToken, 'tokenType'>): boolean {
  return tokenType.toLowerCase() === 'dpop'
}

function headerOf({ header, tokenType, accessToken }: VendedToken): readonly [string, string] {
  if (header !== null) return [header.name, header.value.reveal()]
  const scheme = /^bearer$/i.test(tokenType) ? 'Bearer' : tokenType
  return ['authorization', `${scheme} ${accessToken.reveal()}`]
}
