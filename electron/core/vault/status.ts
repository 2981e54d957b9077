// The state of the vault together with its key; both always change together. And what stored records use of
// the vault.
import type { ErrorCode, KeywayError } from '../../../shared/contract/errors.ts'
import type { Secret } from '../../../shared/contract/secret.ts'
import type { KeyWrapperView } from '../../../shared/contract/ui-api.ts'
import type { KeyWrapperKind } from '../ports.ts'
import type { KeyHolder } from './key-holder.ts'
import type { VaultFile } from './vault-file.ts'

export type VaultStatus = {
  state: () => VaultState
  /** Identity of the open vault. */
  identity: () => { vaultId: string; format: number } | null
  onChange: (listener: (state: VaultState) => void) => () => void
  offer: (protectors: readonly KeyWrapperView[]) => VaultState
  becomeLocked: (why: KeywayError, wraps: readonly KeyWrapperKind[]) => VaultState
  /** There is no vault any more. */
  becomeUninitialized: (protectors: readonly KeyWrapperView[]) => VaultState
  /** Takes ownership of the key. */
  becomeUnlocked: (dataKey: Uint8Array, file: VaultFile) => VaultState
  /** The wraps changed; a locked vault stays locked. */
  rewrapped: (file: VaultFile) => VaultState
}

export function createVaultStatus(keys: KeyHolder, offered: readonly KeyWrapperView[]): VaultStatus {
  const listeners = new Set<(state: VaultState) => void>()
  let identity: { vaultId: string; format: number } | null = null
  let current: VaultState = { kind: 'uninitialised', protectors: offered }
  const become = (next: VaultState): VaultState => {
    current = next
    for (const listener of listeners) listener(next)
    return next
  }
  return {
    state: () => current,
    identity: () => identity,
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    offer: (protectors) => become({ ...current, protectors }),
    becomeLocked(why, wraps) {
      keys.wipe()
      identity = null
      return become({
        kind: 'locked',
        protectors: current.protectors,
        wraps,
        code: why.code,
        reason: why.message,
        needsPassphrase: wraps.includes('passphrase'),
      })
    },
    becomeUninitialized(protectors) {
      keys.wipe()
      return become({ kind: 'uninitialised', protectors })
    },
    becomeUnlocked(dataKey, file) {
      keys.hold(dataKey)
      identity = { vaultId: file.vaultId, format: file.version }
      return become({ kind: 'unlocked', protectors: current.protectors, wraps: kindsOf(file) })
    },
    rewrapped(file) {
      const wraps = kindsOf(file)
      if (identity !== null) identity = { vaultId: file.vaultId, format: file.version }
      if (current.kind === 'locked')
        return become({ ...current, wraps, needsPassphrase: wraps.includes('passphrase') })
      return become({ kind: 'unlocked', protectors: current.protectors, wraps })
    },
  }
}

export const kindsOf = ({ wraps }: VaultFile): KeyWrapperKind[] => wraps.map(({ kind }) => kind)

/**
 * The state of the vault. `protectors`: the key wrappers that this host offers; `wraps`: those that encrypt
 * the data key.
 */
export type VaultState =
  | { kind: 'uninitialised'; protectors: readonly KeyWrapperView[] }
  | {
      kind: 'locked'
      protectors: readonly KeyWrapperView[]
      wraps: readonly KeyWrapperKind[]
      /**
       * The reason: `passphrase_required`, `vault_locked` (locked by a person), a keychain error, or
       * `data_damaged`.
       */
      code: ErrorCode
      reason: string
      /** A passphrase would unlock it. */
      needsPassphrase: boolean
    }
  | { kind: 'unlocked'; protectors: readonly KeyWrapperView[]; wraps: readonly KeyWrapperKind[] }

/**
 * Checks before a secret is decrypted or an app is authenticated. Each @throws KeywayError
 * integrity_check_failed.
 */
export type IntegrityGate = {
  provider(id: string): void
  connection(of: { id: string; generation: number }): void
  app(id: string): void
  /** Whether this ciphertext may have the encryption of earlier versions. */
  opensOld(id: string, place: 'current' | 'previous', sealed: string): boolean
}

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
  vault: { state: () => VaultState } & Pick<SecretBox, 'seal' | 'open' | 'fingerprint'>,
  gate?: IntegrityGate,
): SecretBox {
  return {
    ...(gate === undefined ? {} : { gate }),
    get unlocked() {
      return vault.state().kind === 'unlocked'
    },
    seal: vault.seal,
    open: vault.open,
    fingerprint: vault.fingerprint,
  }
}
