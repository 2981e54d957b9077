import { asKeywayError } from '../../shared/contract/errors.ts'
import { connectInput } from '../../shared/contract/flow.ts'
import type { Keyway } from '../core/keyway.ts'
import type { TrayAction } from './tray-menu.ts'

type Deps = { keyway: Keyway; show: (to?: string) => void; quit: () => void }

export function performTrayAction(action: TrayAction, { keyway, show, quit }: Deps): void {
  const failed = (error: unknown) =>
    keyway.logger.warn('The tray could not do that.', { error: asKeywayError(error) })
  switch (action.kind) {
    case 'open':
      show(action.to)
      break
    case 'reconnect':
      reconnect(action.connectionId, { keyway, show }).catch(failed)
      break
    case 'unlock':
      // A keychain opens without a word; a passphrase is typed in the window.
      keyway.ui['vault.unlock']({}).catch(() => show('/'))
      break
    case 'lock':
      keyway.ui['vault.lock'](undefined).catch(failed)
      break
    case 'quit':
      quit()
      break
  }
}

async function reconnect(connectionId: string, { keyway, show }: Omit<Deps, 'quit'>): Promise<void> {
  const record = keyway.connections.record(connectionId)
  show(`/connections/${connectionId}`)
  if (record !== null)
    await keyway.connections.connect(connectInput.parse({ providerId: record.providerId, connectionId }))
}
