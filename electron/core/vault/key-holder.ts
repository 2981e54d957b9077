// Holds the data key while the vault is unlocked, and wipes it. No other code keeps the key.
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'
import { z } from 'zod'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { Secret } from '../../../shared/contract/secret.ts'

export type KeyHolder = {
  readonly unlocked: boolean
  hold: (dataKey: Uint8Array) => void
  wipe: () => void
  /**
   * The key itself, to encrypt it with another key wrapper.
   * @throws KeywayError `vault_locked`
   */
  dataKey: () => Uint8Array
  seal: (secret: Secret, aad: string) => Sealed
  open: (value: string, aad: string) => Secret
  fingerprint: (secret: Secret) => string
  mac: (purpose: MacPurpose, text: string) => string
}

type Held = {
  key: Uint8Array
  fingerprint: (secret: Secret) => string
  mac: (purpose: MacPurpose, text: string) => string
}

export function createKeyHolder(): KeyHolder {
  let held: Held | null = null
  const holding = (): Held => {
    if (held === null) throw new KeywayError('vault_locked')
    return held
  }
  return {
    get unlocked() {
      return held !== null
    },
    hold(dataKey) {
      held = { key: dataKey, fingerprint: createFingerprint(dataKey), mac: createMac(dataKey) }
    },
    wipe() {
      held?.key.fill(0)
      held = null
    },
    dataKey: () => holding().key,
    seal: (secret, aad) => sealBytes(holding().key, Buffer.from(secret.reveal()), aad),
    open(value, aad) {
      const plain = openBytes(holding().key, value, aad)
      if (plain === null) {
        throw new KeywayError('data_damaged', {
          message: 'A stored secret does not belong where it stands, or was changed.',
          nextStep: 'Reconnect the account or enter the secret again.',
          details: { secretOf: aad },
        })
      }
      const secret = new Secret(plain.toString('utf8'))
      plain.fill(0)
      return secret
    },
    fingerprint: (secret) => holding().fingerprint(secret),
    mac: (purpose, text) => holding().mac(purpose, text),
  }
}

/**
 * Twelve hex digits that tell whether two secrets are equal, for logs and the history. Keyed, so that likely
 * secrets cannot be tested with the log alone. Stable as long as the data key is, whatever key wrapper is
 * used.
 */
function createFingerprint(dataKey: Uint8Array): (secret: Secret) => string {
  const key = new Uint8Array(hkdfSync('sha256', dataKey, '', 'keyway fingerprint v1', 32))
  return (secret) => createHmac('sha256', key).update(secret.reveal()).digest('hex').slice(0, 12)
}

// Message authentication codes with keys that are derived from the data key.

/** What a code authenticates. Each purpose has its own key, so that one code cannot replace another. */
export type MacPurpose = 'manifest' | 'audit-log'

/**
 * HMAC-SHA-256 in hex with a key derived from the data key (HKDF, RFC 5869); independent of the key wrapper.
 */
export function createMac(dataKey: Uint8Array): (purpose: MacPurpose, text: string) => string {
  const keyFor = (purpose: MacPurpose): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', dataKey, '', `keyway integrity ${purpose} v1`, 32))
  const keys: Readonly<Record<MacPurpose, Uint8Array>> = {
    manifest: keyFor('manifest'),
    'audit-log': keyFor('audit-log'),
  }
  return (purpose, text) => createHmac('sha256', keys[purpose]).update(text).digest('hex')
}

/** Compares in constant time. */
export function sameMac(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

// AES-256-GCM with a 32-byte key: `kw1.<nonce>.<ciphertext and tag>`, base64url. The associated data names
// the value and its owner, so a ciphertext that was moved to another record or field does not decrypt.

const NONCE_BYTES = 12
const TAG_BYTES = 16
export const KEY_BYTES = 32

/** An encrypted value as it is stored in a file. */
export const sealed = z
  .string()
  .regex(/^kw1\.[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]{22,}$/)
  .brand<'Sealed'>()
export type Sealed = z.output<typeof sealed>

// Random 96-bit nonces are safe for 2^32 messages per key (NIST SP 800-38D, 8.3); the tokens of a person stay
// far below.
export function sealBytes(key: Uint8Array, plain: Uint8Array, aad: string): Sealed {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(Buffer.from(aad))
  const body = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  return `kw1.${nonce.toString('base64url')}.${body.toString('base64url')}` as Sealed
}

/** Null if the key, the associated data or any bit differs. */
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
