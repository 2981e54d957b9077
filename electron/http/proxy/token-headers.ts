import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import type { VendedToken } from '../../core/connections/token-service.ts'
import type { Keyway } from '../../core/keyway.ts'

type Proxied = { method: string; url: URL; nonce: string | null }

/** The headers that carry the token to the API. A DPoP-bound token gets a fresh proof for exactly this request. */
export async function tokenHeaders(
  keyway: Keyway,
  connection: ConnectionRecord,
  token: VendedToken,
  { method, url, nonce }: Proxied,
): Promise<ReadonlyArray<readonly [string, string]>> {
  if (token.tokenType.toLowerCase() === 'dpop') {
    const provider = keyway.providers.resolve(connection.providerId)
    // The proof's htu is the address without query and fragment (RFC 9449 4.2); the client cuts them off itself.
    return keyway.oauth.apiHeaders(provider, keyway.connections.credential(connection.id), {
      method,
      url: url.href,
      nonce,
    })
  }
  if (token.header !== null) return [[token.header.name, token.header.value.reveal()]]
  const scheme = /^bearer$/i.test(token.tokenType) ? 'Bearer' : token.tokenType
  return [['authorization', `${scheme} ${token.accessToken.reveal()}`]]
}
