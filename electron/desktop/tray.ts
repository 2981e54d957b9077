import { type TrayAction, type TrayItem, trayMenu, trayTooltip } from './tray-menu.ts'
import { Menu, type MenuItemConstructorOptions, nativeImage, Tray } from 'electron'
import { asKeywayError } from '../../shared/contract/errors.ts'
import { connectInput } from '../../shared/contract/flow.ts'
import type { Keyway } from '../core/keyway.ts'

type Deps = { keyway: Keyway; iconPath: string; perform: (action: TrayAction) => void }

/**
 * The tray icon, updated by the core's events. `null` where the desktop has no tray; the window shows all of
 * its content too.
 */
export function createTray({ keyway, iconPath, perform }: Deps): { close(): void } | null {
  const icon = nativeImage.createFromPath(iconPath)
  icon.setTemplateImage(true)
  const tray = startTray(icon, keyway)
  if (tray === null) return null
  const draw = () => {
    const { vault, connections, server } = keyway.snapshot()
    const state = { vault, connections, listening: server.listening, url: server.url }
    tray.setToolTip(trayTooltip(state))
    tray.setContextMenu(Menu.buildFromTemplate(trayMenu(state).map((item) => template(item, perform))))
  }
  draw()
  tray.on('click', () => perform({ kind: 'open', to: '/connections' }))
  const stops = [keyway.on('vault', draw), keyway.on('connections', draw), keyway.on('server', draw)]
  return {
    close() {
      for (const stop of stops) stop()
      if (!tray.isDestroyed()) tray.destroy()
    },
  }
}

function startTray(icon: Electron.NativeImage, keyway: Keyway): Tray | null {
  try {
    return new Tray(icon)
  } catch (error) {
    keyway.logger.warn('This desktop shows no tray; everything in it is in the window too.', {
      cause: String(error),
    })
    return null
  }
}

function template(item: TrayItem, perform: (action: TrayAction) => void): MenuItemConstructorOptions {
  if ('separator' in item) return { type: 'separator' }
  const { label, action, children } = item
  if (children !== undefined) return { label, submenu: children.map((child) => template(child, perform)) }
  return action === null ? { label, enabled: false } : { label, click: () => perform(action) }
}

type TrayActionDeps = { keyway: Keyway; show: (to?: string) => void; quit: () => void }

export function performTrayAction(action: TrayAction, { keyway, show, quit }: TrayActionDeps): void {
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
      // A keychain unlocks without input; a passphrase is typed in the window.
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

async function reconnect(
  connectionId: string,
  { keyway, show }: Omit<TrayActionDeps, 'quit'>,
): Promise<void> {
  const record = keyway.connections.record(connectionId)
  show(`/connections/${connectionId}`)
  if (record !== null)
    await keyway.connections.connect(connectInput.parse({ providerId: record.providerId, connectionId }))
}
