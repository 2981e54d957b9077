import { secretOrNull } from '../../../shared/contract/secret.ts'
import type { UiApi } from '../../../shared/contract/ui-api.ts'
import { vaultView } from '../vault-view.ts'
import type { Vault } from '../vault/vault.ts'

type VaultCalls =
  | 'vault.initialise'
  | 'vault.unlock'
  | 'vault.lock'
  | 'vault.changePassphrase'
  | 'vault.migrate'
  | 'vault.startOver'

export function vaultCalls(deps: {
  vault: Vault
  /** Resolves when nothing is being renewed: an answer that arrives after the lock could not be sealed. */
  renewalsSettled: () => Promise<void>
  startOver: UiApi['vault.startOver']
}): Pick<UiApi, VaultCalls> {
  const { vault } = deps
  const secret = (passphrase: string | undefined) => secretOrNull(passphrase) ?? undefined
  return {
    'vault.initialise': async ({ protector, passphrase }) =>
      vaultView(await vault.initialise(protector, secret(passphrase))),
    'vault.unlock': async ({ passphrase }) => vaultView(await vault.unlock(secret(passphrase))),
    'vault.lock': async () => {
      await deps.renewalsSettled()
      vault.lock()
      return vaultView(vault.state())
    },
    'vault.changePassphrase': async ({ current, next }) => {
      const change = { current: secretOrNull(current), next: secretOrNull(next) }
      if (change.current === null || change.next === null) return vaultView(vault.state())
      return vaultView(await vault.changePassphrase({ current: change.current, next: change.next }))
    },
    'vault.startOver': deps.startOver,
    'vault.migrate': async ({ protector, passphrase }) =>
      vaultView(await vault.migrate(protector, secret(passphrase))),
  }
}
