// The passphrase key wrapper: derives a key with scrypt. The passphrase is not stored.
import { randomBytes, scrypt } from 'node:crypto'
import { z } from 'zod'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Secret } from '../../../shared/contract/secret.ts'
import type { PassphraseKeyWrapperFactory } from '../ports.ts'
import { KEY_BYTES, openBytes, sealBytes, sealed } from './key-holder.ts'

const MIN_LENGTH = 8

export type ScryptCost = { N: number; r: number; p: number }

/** 128 MiB and about 0.3 s per guess (OWASP's first recommendation for scrypt). */
export const DEFAULT_COST: ScryptCost = { N: 2 ** 17, r: 8, p: 1 }

/** Twice what Keyway itself uses. Bytes. */
const MAX_MEMORY = 256 * 1024 * 1024

// Limited, so that an edited file cannot make an unlock use all memory.
export const scryptCost = z
  .object({
    N: z
      .int()
      .min(2)
      .max(2 ** 20)
      .refine((n) => Number.isInteger(Math.log2(n))),
    r: z.int().min(1).max(16),
    p: z.int().min(1).max(4),
  })
  .refine(({ N, r }) => 128 * N * r <= MAX_MEMORY, 'It would take more memory than any bundle of ours.')

/** @throws KeywayError invalid_request with the minimum length */
export function checkNewPassphrase(passphrase: Secret): void {
  if (passphrase.length >= MIN_LENGTH) return
  throw new KeywayError('invalid_request', {
    message: `A passphrase takes at least ${MIN_LENGTH} characters.`,
    nextStep: 'Choose a longer one; a few unrelated words are easy to keep in mind.',
    details: { field: 'passphrase', minLength: MIN_LENGTH },
  })
}

/** Derives 32 bytes. The caller wipes them. */
export function passphraseKey(
  passphrase: Secret,
  salt: Uint8Array,
  { N, r, p }: ScryptCost,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // The same passphrase may have another Unicode form on another keyboard or system.
    const text = passphrase.reveal().normalize('NFKC')
    const maxmem = 128 * N * r * 2 + 1024 * 1024
    scrypt(text, salt, KEY_BYTES, { N, r, p, maxmem }, (error, key) => {
      if (error === null) resolve(key)
      else reject(error)
    })
  })
}

// Encrypts the data key with a key derived from the passphrase. Without the passphrase the vault cannot be
// opened.

const AAD = 'keyway wrap passphrase v1'

const wrappedByPassphrase = z.object({
  version: z.literal(1),
  kdf: z.literal('scrypt'),
  cost: scryptCost,
  salt: z.base64url().min(22),
  sealed,
})

/**
 * A factory, because the person enters the passphrase each time. `cost` is for tests; the cost in use is
 * stored with the key.
 */
export function createPassphraseKeyWrappers(
  options: { cost?: ScryptCost } = {},
): PassphraseKeyWrapperFactory {
  return (passphrase) => ({
    kind: 'passphrase',
    describe: () => 'Passphrase',
    probe: () => Promise.resolve({ usable: true }),
    async wrap(dataKey) {
      checkNewPassphrase(passphrase)
      const used = options.cost ?? DEFAULT_COST
      const salt = randomBytes(16)
      const key = await passphraseKey(passphrase, salt, used)
      const box = sealBytes(key, dataKey, AAD)
      key.fill(0)
      return { version: 1, kdf: 'scrypt', cost: { ...used }, salt: salt.toString('base64url'), sealed: box }
    },
    async unwrap(wrapped) {
      const parsed = wrappedByPassphrase.safeParse(wrapped)
      if (!parsed.success) throw new KeywayError('data_damaged', { cause: parsed.error })
      const key = await passphraseKey(
        passphrase,
        Buffer.from(parsed.data.salt, 'base64url'),
        parsed.data.cost,
      )
      const dataKey = openBytes(key, parsed.data.sealed, AAD)
      key.fill(0)
      if (dataKey === null) throw new KeywayError('wrong_passphrase')
      return dataKey
    },
  })
}
