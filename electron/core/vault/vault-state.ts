import type { ErrorCode } from '../../../shared/contract/errors.ts'
import type { ProtectorView } from '../../../shared/contract/ui-api.ts'
import type { ProtectorKind } from '../ports.ts'

/** What the vault can do now. `protectors` are those this host offers; `wraps` those that hold the data key. */
export type VaultState =
  | { kind: 'uninitialised'; protectors: readonly ProtectorView[] }
  | {
      kind: 'locked'
      protectors: readonly ProtectorView[]
      wraps: readonly ProtectorKind[]
      /** Why: `passphrase_required`, `vault_locked` (a person locked it), a keychain's failure, or `data_damaged`. */
      code: ErrorCode
      reason: string
      /** A passphrase would open it. */
      needsPassphrase: boolean
    }
  | { kind: 'unlocked'; protectors: readonly ProtectorView[]; wraps: readonly ProtectorKind[] }
