import { openBundle, sealBundle } from '../../electron/core/transfer/bundle-file.ts'
import { Secret } from '../../shared/contract/secret.ts'

/**
 * The same bundle under a cheap scrypt, for tests that open it often and are not about how hard it is to
 * guess.
 */
export async function cheapBundle(text: string, passphrase: string): Promise<string> {
  const secret = new Secret(passphrase)
  const { content, createdAt } = await openBundle(text, secret)
  return sealBundle(content as object, { passphrase: secret, createdAt, cost: { N: 2, r: 1, p: 1 } })
}
