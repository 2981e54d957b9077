// The composition root of the stand-in: everything that `import … from 'electron'` finds.
import { randomBytes } from 'node:crypto'
import type * as Electron from 'electron'
import type { Net, WebContents } from 'electron'
import { createApp, type StandInApp } from './app/app.ts'
import type { AppManifest } from './app/app-manifest.ts'
import type { Cdp } from './chromium/cdp.ts'
import type { LaunchArguments } from './launch-arguments.ts'
import { createCloneText } from './page/clone-text.ts'
import { createCustomSchemes } from './session/custom-scheme.ts'
import { createNetFetch } from './session/net-fetch.ts'
import { createSessions, type Sessions } from './session/session.ts'
import { strict } from './strict.ts'
import { createAutoUpdater } from './system/auto-updater.ts'
import { createClipboard } from './system/clipboard.ts'
import { createCrashReporter } from './system/crash-reporter.ts'
import { createGlobalShortcut } from './system/global-shortcut.ts'
import { createMenu, type MenuParts } from './system/menu.ts'
import { createNativeImage } from './system/native-image.ts'
import { createNativeTheme } from './system/native-theme.ts'
import { createDialog, createShell } from './system/nobody-there.ts'
import { createNotificationClass } from './system/notification.ts'
import { createPowerMonitor, createPowerSaveBlocker } from './system/power.ts'
import { createSafeStorage, type SafeStorageParts } from './system/safe-storage.ts'
import { createScreen } from './system/screen.ts'
import { createTrayClass } from './system/tray.ts'
import { createBrowserWindowClass } from './window/browser-window.ts'
import { createIpcReceiver } from './window/ipc-main.ts'
import { createWindowRegistry, type WindowRegistry } from './window/window-registry.ts'

export type StandInElectron = {
  /** The module: its members are what may be imported by name. */
  readonly electron: Readonly<Record<string, unknown>>
  readonly app: StandInApp
  readonly safeStorage: SafeStorageParts
}

export type ElectronDeps = {
  readonly executable: string
  readonly launch: LaunchArguments
  readonly manifest: AppManifest
  /** Starts Chromium when it is first needed. */
  readonly cdp: () => Promise<Cdp>
  readonly cleanUp: () => Promise<void>
}

function createContentsStatics(registry: WindowRegistry): typeof Electron.webContents {
  const find = (isWanted: (contents: WebContents) => boolean): WebContents | undefined =>
    registry.all().find(({ contents }) => isWanted(contents))?.contents
  const members = {
    getAllWebContents: () => registry.all().map(({ contents }) => contents),
    getFocusedWebContents: () => registry.focused()?.webContents ?? null,
    fromId: (id: number) => find((contents) => contents.id === id),
    fromDevToolsTargetId: (id: string) => registry.all().find((open) => open.targetId() === id)?.contents,
  }
  return strict('webContents', members) as unknown as typeof Electron.webContents
}

function createSessionStatics(sessions: Sessions): typeof Electron.session {
  const members = {
    defaultSession: sessions.defaultSession.session,
    fromPartition: (partition: string) => sessions.fromPartition(partition).session,
  }
  return strict('session', members) as unknown as typeof Electron.session
}

function createNet(sessions: Sessions): Net {
  const members = {
    fetch: createNetFetch(sessions.defaultSession.protocol),
    isOnline: () => true,
    online: true,
  } satisfies Partial<Net>
  return strict('net', members) as Net
}

function createParts(deps: ElectronDeps) {
  const registry = createWindowRegistry()
  const menu: MenuParts = createMenu({
    focusedWindow: () => registry.focused(),
    roles: {
      quit: () => {
        app.app.quit()
      },
      close: () => registry.focused()?.close(),
      minimize: () => registry.focused()?.minimize(),
      reload: () => registry.focused()?.webContents.reload(),
      toggleDevTools: () => registry.focused()?.webContents.toggleDevTools(),
    },
  })
  const app: StandInApp = createApp({
    executable: deps.executable,
    launch: deps.launch,
    manifest: deps.manifest,
    registry,
    cleanUp: deps.cleanUp,
    getMenu: menu.getApplicationMenu,
    setMenu: menu.setApplicationMenu,
  })
  const schemes = createCustomSchemes()
  const { isReady } = app
  const sessions = createSessions({ cdp: deps.cdp, schemes, isReady })
  return { registry, menu, app, schemes, sessions, isReady }
}

export function createElectron(deps: ElectronDeps): StandInElectron {
  const { registry, menu, app, schemes, sessions, isReady } = createParts(deps)
  const { env } = process
  const ipcMain = createIpcReceiver('ipcMain')
  const theme = createNativeTheme(env['KEYWAY_STAND_IN_SYSTEM_THEME'], () => {
    for (const window of registry.all()) window.applyTheme()
  })
  const safeStorage = createSafeStorage({
    mood: env['KEYWAY_STAND_IN_SAFE_STORAGE'] ?? 'gnome_libsecret',
    keychainName: env['KEYWAY_STAND_IN_KEYCHAIN'] ?? 'default',
    isReady,
  })
  const BrowserWindow = createBrowserWindowClass({
    registry,
    sessions,
    schemes,
    ipcMain,
    isReady,
    cdp: deps.cdp,
    clone: createCloneText(),
    colorScheme: theme.colorScheme,
    facts: {
      token: `standIn${randomBytes(16).toString('hex')}`,
      platform: process.platform,
      arch: process.arch,
      versions: Object.fromEntries(
        Object.entries(process.versions).map(([name, text]) => [name, text ?? '']),
      ),
      env: {},
      argv: [],
    },
    app: () => app.app,
    onAllClosed: app.onAllClosed,
  })
  const electron = {
    app: app.app,
    autoUpdater: createAutoUpdater(),
    BrowserWindow,
    clipboard: createClipboard(),
    crashReporter: createCrashReporter(),
    dialog: createDialog(),
    globalShortcut: createGlobalShortcut(),
    ipcMain: ipcMain.ipc,
    Menu: menu.Menu,
    MenuItem: menu.MenuItem,
    nativeImage: createNativeImage(),
    nativeTheme: theme.nativeTheme,
    net: createNet(sessions),
    Notification: createNotificationClass(),
    powerMonitor: createPowerMonitor(),
    powerSaveBlocker: createPowerSaveBlocker(),
    protocol: sessions.defaultSession.protocol.protocol,
    safeStorage: safeStorage.safeStorage,
    screen: createScreen(),
    session: createSessionStatics(sessions),
    shell: createShell(),
    Tray: createTrayClass(),
    webContents: createContentsStatics(registry),
  }
  return { electron: strict('electron', electron), app, safeStorage }
}
