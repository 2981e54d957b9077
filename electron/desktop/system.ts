// Features of the desktop, determined once at the start: a tray, start at login, keyway:// URLs.
import type { App } from 'electron'
import type { Keyway } from '../core/keyway.ts'
import type { Logger } from '../core/ports.ts'
import { LINK_SCHEME } from './channels.ts'
import {
  runProgram,
  type RunProgram,
  autostartFile,
  desktopEntry,
  type HomeFolders,
  LINKS_ENTRY,
  linksFile,
  removeEntry,
  showsTrays,
  writeEntry,
} from './linux.ts'

export type System = {
  readonly hasTray: Promise<boolean>
  readonly linkScheme: LinkScheme
  readonly loginItem: LoginItemPlace
  /** Nothing is logged before this call. */
  logTo(logger: Logger): void
}

export function createSystem(app: App): System {
  let logger: Logger | null = null
  const environment = process.env
  const command = launchCommand({
    isPackaged: app.isPackaged,
    execPath: process.execPath,
    appPath: app.getAppPath(),
    environment,
  })
  const place = {
    app,
    platform: process.platform,
    home: app.getPath('home'),
    environment,
    command,
  }
  return {
    hasTray: showsTrays({ ...place, ask: runProgram }),
    linkScheme: registerLinkScheme({ ...place, ask: runProgram, logger: () => logger }),
    loginItem: place,
    logTo(next) {
      logger = next
    },
  }
}

export type Launched = {
  isPackaged: boolean
  /** The running program. */
  execPath: string
  /** The checkout, or the archive inside the package. */
  appPath: string
  environment: Readonly<Record<string, string | undefined>>
}

/**
 * The command that starts this Keyway again. An AppImage is mounted at a new path at each start, so its
 * program's path cannot be used.
 */
export function launchCommand({ isPackaged, execPath, appPath, environment }: Launched): string[] {
  if (!isPackaged) return [execPath, appPath]
  const appImage = environment['APPIMAGE'] ?? ''
  return [appImage === '' ? execPath : appImage]
}

// Keeps the system's "start at login" equal to the setting: an autostart entry on Linux, which Electron does
// not support, and Electron's own API on macOS and Windows. When it fails, the setting is reset, so that the
// window shows the real state.

export type LoginItemPlace = HomeFolders & {
  app: Pick<App, 'getLoginItemSettings' | 'isPackaged' | 'setLoginItemSettings'>
  platform: NodeJS.Platform
  /** The command that starts this Keyway. */
  command: readonly string[]
}

/**
 * Why start at login is not possible, or null. A checkout's program is Electron itself, which macOS and
 * Windows would start without the app.
 */
export function loginItemProblem({ app, platform }: Pick<LoginItemPlace, 'app' | 'platform'>): string | null {
  return platform === 'linux' || app.isPackaged
    ? null
    : 'Only where Keyway is installed, not from a checkout.'
}

export function followLoginItem(
  keyway: Pick<Keyway, 'logger' | 'settings'>,
  place: LoginItemPlace,
): () => void {
  if (loginItemProblem(place) !== null) return () => undefined
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
  // Windows also compares the arguments when it looks for the entry.
  const args = ['--hidden']
  if (app.getLoginItemSettings({ args }).openAtLogin !== startAtLogin)
    app.setLoginItemSettings({ openAtLogin: startAtLogin, args })
}

// keyway:// URLs. They are offered as a redirect method only after the system confirms that it opens them
// with this Keyway. On Linux a registration often succeeds without any effect.

export type LinkScheme = {
  /** Whether keyway:// URLs reach this process; false until that is known. */
  works(): boolean
  /** Resolves when it is known. Never rejects. */
  readonly settled: Promise<void>
}

export type LinkSchemeDeps = HomeFolders & {
  app: Pick<App, 'isDefaultProtocolClient' | 'isPackaged' | 'setAsDefaultProtocolClient'>
  platform: NodeJS.Platform
  command: readonly string[]
  ask: RunProgram
  /** Passed later, because the log is opened later. */
  logger: () => Logger | null
}

/** A checkout does not change the system's registrations. */
export function registerLinkScheme(deps: LinkSchemeDeps): LinkScheme {
  let works = false
  const settled = !deps.app.isPackaged
    ? Promise.resolve()
    : register(deps).then(
        (registered) => {
          works = registered
        },
        (error: unknown) => deps.logger()?.warn('keyway:// addresses could not be registered', { error }),
      )
  return { works: () => works, settled }
}

async function register({ app, platform, ask, command, ...homes }: LinkSchemeDeps): Promise<boolean> {
  if (platform !== 'linux')
    return app.setAsDefaultProtocolClient(LINK_SCHEME) && app.isDefaultProtocolClient(LINK_SCHEME)
  const type = `x-scheme-handler/${LINK_SCHEME}`
  const lines = ['NoDisplay=true', `MimeType=${type};`]
  writeEntry(linksFile(homes), desktopEntry({ command, fieldCode: '%u', lines }))
  if ((await ask('xdg-mime', ['query', 'default', type])) === LINKS_ENTRY) return true
  await ask('xdg-mime', ['default', LINKS_ENTRY, type])
  return (await ask('xdg-mime', ['query', 'default', type])) === LINKS_ENTRY
}
