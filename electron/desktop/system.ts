// What the desktop around Keyway offers, asked once at the start: a tray, a start at login, keyway:// addresses.
import { app } from 'electron'
import type { Logger } from '../core/ports.ts'
import { launchCommand } from './launch-command.ts'
import { registerLinkScheme, type LinkScheme } from './link-scheme.ts'
import { askProgram } from './linux/ask-program.ts'
import { showsTrays } from './linux/tray-host.ts'
import type { LoginItemPlace } from './login-item.ts'

export type System = {
  readonly hasTray: Promise<boolean>
  readonly linkScheme: LinkScheme
  readonly loginItem: LoginItemPlace
  /** Before this nothing of it is logged. */
  logTo(logger: Logger): void
}

export function createSystem(): System {
  let logger: Logger | null = null
  const environment = process.env
  const command = launchCommand({
    isPackaged: app.isPackaged,
    execPath: process.execPath,
    appPath: app.getAppPath(),
    environment,
  })
  const place = { app, platform: process.platform, home: app.getPath('home'), environment, command }
  return {
    hasTray: showsTrays({ ...place, ask: askProgram }),
    linkScheme: registerLinkScheme({ ...place, ask: askProgram, logger: () => logger }),
    loginItem: place,
    logTo(next) {
      logger = next
    },
  }
}
