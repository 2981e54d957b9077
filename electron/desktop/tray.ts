import { Menu, Tray, nativeImage, type MenuItemConstructorOptions } from 'electron'
import type { Keyway } from '../core/keyway.ts'
import { trayMenu, trayTooltip, type TrayAction, type TrayItem } from './tray-menu.ts'

type Deps = { keyway: Keyway; iconPath: string; perform: (action: TrayAction) => void }

/** The tray icon, following the core. Where the desktop has no tray, `null`: everything in it is in the window too. */
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
