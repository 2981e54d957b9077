import type { App } from 'electron'
import type { Keyway } from '../core/keyway.ts'

type Deps = { app: App; keyway: Keyway; platform: NodeJS.Platform }

/** Keeps the system's "start at login" in step with the setting. Linux has no such service in Electron; its desktops use autostart files. */
export function followLoginItem({ app, keyway, platform }: Deps): () => void {
  const apply = (startAtLogin: boolean) => {
    if (platform === 'linux' || !app.isPackaged) return
    if (app.getLoginItemSettings().openAtLogin === startAtLogin) return
    app.setLoginItemSettings({ openAtLogin: startAtLogin, args: ['--hidden'] })
  }
  apply(keyway.settings.get().startAtLogin)
  return keyway.settings.onChange((settings) => apply(settings.startAtLogin))
}
