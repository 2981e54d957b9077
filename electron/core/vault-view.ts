import type { VaultView } from '../../shared/contract/ui-api.ts'
import type { VaultState } from './vault/vault-state.ts'

/** The vault's state as the window shows it. */
export function vaultView(state: VaultState): VaultView {
  const protectors = state.protectors.map((protector) => ({ ...protector }))
  if (state.kind === 'unlocked') return { kind: 'unlocked', protectors, wraps: [...state.wraps] }
  if (state.kind === 'uninitialised') return { kind: 'uninitialised', protectors }
  return { kind: 'locked', protectors, reason: state.reason, needsPassphrase: state.needsPassphrase }
}
