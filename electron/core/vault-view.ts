import type { VaultView } from '../../shared/contract/ui-api.ts'
import type { VaultState } from './vault/vault-state.ts'

/** The vault's state as the window shows it. */
export function vaultView(state: VaultState): VaultView {
  const protectors = state.protectors.map((protector) => ({ ...protector }))
  if (state.kind !== 'locked') return { kind: state.kind, protectors }
  return { kind: 'locked', protectors, reason: state.reason, needsPassphrase: state.needsPassphrase }
}
