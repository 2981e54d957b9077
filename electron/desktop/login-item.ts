// Keeps the system's "start at login" in step with the setting: an autostart entry on Linux, which Electron has no service for, and
// Electron's own on macOS and Windows. Where it cannot be kept the setting goes back, so that the window shows what is.
import type { App } from 'electron'
import type { Keyway } from '../core/keyway.ts'
import { desktopEntry } from './linux/desktop-entry.ts'
import { autostartFile, removeEntry, writeEntry, type Homes } from './linux/entry-file.ts'

export type LoginItemPlace = Homes & {
  app: Pick<App, 'getLoginItemSettings' | 'isPackaged' | 'setLoginItemSettings'>
  platform: NodeJS.Platform
  /** What starts this Keyway. */
  command: readonly string[]
}

/** Why the person cannot have it, or null. A checkout's program is Electron itself, which macOS and Windows would start bare. */
export function whyNoLoginItem({ app, platform }: Pick<LoginItemPlace, 'app' | 'platform'>): string | null {
  return platform === 'linux' || app.isPackaged
    ? null
    : 'Only where Keyway is installed, not from a checkout.'
}

export function followLoginItem(
  keyway: Pick<Keyway, 'logger' | 'settings'>,
  place: LoginItemPlace,
): () => void {
  if (whyNoLoginItem(place) !== null) return () => undefined
  const keepInStep = (startAtLogin: boolean): void => {
    try {
      if (place.platform === 'linux') setAutostart(place, startAtLogin)
      else setLoginItem(place, startAtLogin)
    } catch (error) {
      keyway.logger.warn('The start at login could not be changed', { startAtLogin, error })
      if (startAtLogin) keyway.settings.update({ startAtLogin: false })
    }
  }
  keepInStep(keyway.settings.get().startAtLogin)
  return keyway.settings.onChange((settings) => keepInStep(settings.startAtLogin))
}

function setAutostart({ command, ...homes }: LoginItemPlace, startAtLogin: boolean): void {
  const file = autostartFile(homes)
  if (!startAtLogin) return removeEntry(file)
  const lines = ['Comment=Keeps your connections fresh', 'X-GNOME-Autostart-enabled=true']
  writeEntry(file, desktopEntry({ command: [...command, '--hidden'], lines }))
}

function setLoginItem({ app }: LoginItemPlace, startAtLogin: boolean): void {
  // Windows compares the arguments too when it looks for the entry.
  const args = ['--hidden']
  if (app.getLoginItemSettings({ args }).openAtLogin !== startAtLogin)
    app.setLoginItemSettings({ openAtLogin: startAtLogin, args })
}
