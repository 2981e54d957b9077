// Protects the data key with a key made from a passphrase by scrypt. Nothing of the passphrase is kept; losing it loses the vault.
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { PassphraseProtectorFactory } from '../ports.ts'
import {
  checkNewPassphrase,
  DEFAULT_COST,
  passphraseKey,
  scryptCost,
  type ScryptCost,
} from './passphrase-key.ts'
import { openBytes, sealBytes, sealed } from './sealed.ts'

const AAD = 'keyway wrap passphrase v1'

const wrappedByPassphrase = z.object({
  version: z.literal(1),
  kdf: z.literal('scrypt'),
  cost: scryptCost,
  salt: z.base64url().min(22),
  sealed,
})

/** A factory, because the passphrase comes from a person each time. `cost` is for tests; what was used is stored with the key. */
export function createPassphraseProtectors(options: { cost?: ScryptCost } = {}): PassphraseProtectorFactory {
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
