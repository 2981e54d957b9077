import type { Secret } from '../../../shared/contract/secret.ts'
import type { IntegrityGate } from '../integrity/integrity.ts'
import type { Vault } from './vault.ts'

/**
 * What the core's records need of the vault. Associated data binds a ciphertext to the record and field it
 * was made for.
 */
export type SecretBox = {
  readonly unlocked: boolean
  /** @throws KeywayError vault_locked */
  seal(secret: Secret, associatedData: string): string
  /** @throws KeywayError vault_locked | data_damaged */
  open(sealed: string, associatedData: string): Secret
  /** Twelve hex digits that tell whether two secrets are the same. @throws KeywayError vault_locked */
  fingerprint(secret: Secret): string
  /** Asked before a secret is opened for what was changed outside Keyway. Absent: nothing is compared. */
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
