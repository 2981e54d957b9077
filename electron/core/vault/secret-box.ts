// The interface of the vault for stored records.
import type { Secret } from '../../../shared/contract/secret.ts'
import type { IntegrityGate } from '../integrity/integrity.ts'
import type { Vault } from './vault.ts'

/**
 * Encrypts and decrypts secrets of records. The associated data binds a ciphertext to its record and field.
 */
export type SecretBox = {
  readonly unlocked: boolean
  /** @throws KeywayError vault_locked */
  seal(secret: Secret, associatedData: string): string
  /** @throws KeywayError vault_locked | data_damaged */
  open(sealed: string, associatedData: string): Secret
  /**
   * Twelve hex digits that tell whether two secrets are equal.
   * @throws KeywayError vault_locked
   */
  fingerprint(secret: Secret): string
  /** Called before a secret is decrypted, for changes made outside Keyway. Absent: nothing is checked. */
  readonly gate?: IntegrityGate
}

export function secretBoxOf(
  vault: Pick<Vault, 'state' | 'seal' | 'open' | 'fingerprint'>,
  gate?: IntegrityGate,
): SecretBox {
  return {
    ...(gate === undefined ? {} : { gate }),
    get unlocked() {
      return vault.state().kind === 'unlocked'
    },
    seal: (secret, associatedData) => vault.seal(secret, associatedData),
    open: (sealed, associatedData) => vault.open(sealed, associatedData),
    fingerprint: (secret) => vault.fingerprint(secret),
  }
}
