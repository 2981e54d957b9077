// AES-256-GCM under a 32-byte key: `kw1.<nonce>.<ciphertext and tag>`, base64url. The associated data says what the value is and
// whose, so a ciphertext moved to another record or field does not open.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { z } from 'zod'

const NONCE_BYTES = 12
const TAG_BYTES = 16
export const KEY_BYTES = 32

/** A sealed value as it stands in a file. Says nothing without the key. */
export const sealed = z
  .string()
  .regex(/^kw1\.[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]{22,}$/)
  .brand<'Sealed'>()
export type Sealed = z.output<typeof sealed>

// 96-bit random nonces are safe for 2^32 messages under one key (NIST SP 800-38D, 8.3); a person's tokens stay far below.
export function sealBytes(key: Uint8Array, plain: Uint8Array, aad: string): Sealed {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(Buffer.from(aad))
  const body = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  return `kw1.${nonce.toString('base64url')}.${body.toString('base64url')}` as Sealed
}

/** Null when the key, the associated data or a single bit is not what it was sealed with. */
export function openBytes(key: Uint8Array, value: string, aad: string): Buffer | null {
  const parsed = sealed.safeParse(value)
  if (!parsed.success) return null
  const [, nonce = '', packed = ''] = parsed.data.split('.')
  const body = Buffer.from(packed, 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64url'), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAAD(Buffer.from(aad))
  decipher.setAuthTag(body.subarray(-TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(body.subarray(0, -TAG_BYTES)), decipher.final()])
  } catch {
    return null
  }
}
