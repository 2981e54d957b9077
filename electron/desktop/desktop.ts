// The desktop's composition root: everything that uses Electron is created here, once.
import { join } from 'node:path'
import { app, ipcMain, nativeImage, Notification, powerMonitor, safeStorage, session } from 'electron'
import Store from 'electron-store'
import { presets } from '../../shared/presets/presets.ts'
import type { Keyway } from '../core/keyway.ts'
import { logUnhandledRejections } from '../core/logging/log-file.ts'
import { type OpenedKeyway, openKeyway } from '../core/open-keyway.ts'
import { type Clock, type KeyValueStore, type Logger, systemClock } from '../core/ports.ts'
import type { OpenPracticeProvider } from '../core/practice/practice-providers.ts'
import { shutDown } from '../core/shutdown.ts'
import { confOptions, createGuardedKv, type GuardedKvDeps } from '../core/storage/document.ts'
import { type LocalServer, openLocalServer } from '../http/server/local-server.ts'
import { findDeepLink, parseDeepLink, serveBundle } from './app-protocol.ts'
import { APP_ORIGIN } from './channels.ts'
import { serveWindow } from './ipc.ts'
import { type Notice, watchForNotices } from './notifications.ts'
import { createSafeStorageKeyWrapper } from './safe-storage-key-wrapper.ts'
import { createSystem, followLoginItem, type System, loginItemProblem } from './system.ts'
import { createTray, performTrayAction } from './tray.ts'
import { type TrayAction } from './tray-menu.ts'
import { createMainWindow, createSystemBrowser } from './window.ts'

export type Desktop = { show(): void; openLink(link: string): void }

/** Set by `electron-vite dev`: the window is then served by vite, with its tools. */
const DEV_URL = process.env['ELECTRON_RENDERER_URL']

type DesktopOptions = { argv: readonly string[]; dataFolder: string }

/**
 * Creates, opens and shows everything; the app's own events end it. @throws KeywayError when the data folder
 * cannot be opened.
 */
export async function createDesktop({ argv, dataFolder }: DesktopOptions): Promise<Desktop> {
  const bundle = join(import.meta.dirname, '../renderer')
  const icon = (name: string) => join(bundle, 'icons', name)
  harden(bundle)
  const system = createSystem(app)
  const hasTray = await system.hasTray
  const opened = await open(dataFolder, { system, hasTray })
  const { keyway } = opened
  system.logTo(keyway.logger)
  const preloadPath = join(import.meta.dirname, '../preload/preload.cjs')
  const window = createMainWindow({
    preloadPath,
    iconPath: icon('icon.png'),
    logger: keyway.logger,
    devUrl: DEV_URL,
  })
  const show = (to?: string) => {
    window.show()
    if (to !== undefined) keyway.emit('navigate', { to })
  }
  const server = await listen(opened, () => show())
  const stops = [
    logUnhandledRejections(process, keyway.logger),
    serveWindow({
      ipcMain,
      keyway,
      origins: DEV_URL === undefined ? [APP_ORIGIN] : [new URL(DEV_URL).origin],
      send: window.send,
    }),
    followLoginItem(keyway, system.loginItem),
    watchForNotices({
      keyway,
      isAway: watchPower(keyway),
      isWindowFocused: () => window.current()?.isFocused() ?? false,
      notify: (notice) => notify(notice, { iconPath: icon('icon.png'), show }),
    }),
  ]
  const quit = () => app.quit()
  const perform = (action: TrayAction) => performTrayAction(action, { keyway, show, quit })
  const tray = hasTray ? createTray({ keyway, iconPath: icon('tray.png'), perform }) : null
  quitInOrder({
    hasTray: tray !== null,
    clock: keyway.clock,
    logger: keyway.logger,
    close: () => closeAll({ stops, tray, server, opened }),
    refreshUnderWay: keyway.refreshUnderWay,
  })
  const openLink = (link: string) => openDeepLink(link, { keyway, show })
  await system.linkScheme.settled
  if (tray === null || !argv.includes('--hidden')) show()
  const first = findDeepLink(argv)
  if (first !== null) openLink(first)
  return { show: () => show(), openLink }
}

function open(
  dataFolder: string,
  { system, hasTray }: { system: System; hasTray: boolean },
): Promise<OpenedKeyway> {
  const clock = systemClock()
  return openKeyway({
    dataFolder,
    clock,
    host: {
      kind: 'desktop',
      platform: process.platform,
      version: app.getVersion(),
      customSchemeWorks: system.linkScheme.works,
      desktop: { hasTray, whyNoLoginItem: loginItemProblem(system.loginItem) },
    },
    keyWrappers: [createSafeStorageKeyWrapper({ safeStorage, platform: process.platform })],
    openKv: createElectronStoreKv,
    browser: createSystemBrowser({ clock, platform: process.platform, environment: process.env }),
    openPracticeProvider,
    presets,
    readerFile: join(import.meta.dirname, 'reader-worker.js'),
    environment: process.env,
  })
}

/** Loaded on first use, because it is seldom needed and not small. */
const openPracticeProvider: OpenPracticeProvider = async (options) => {
  const practiceProvider = await import('../practice-provider/provider.ts')
  return practiceProvider.openPracticeProvider(options)
}

/** A busy port is shown in the window, where the person can choose another one. */
function listen(
  { keyway, outgoing, folder, socketPath }: OpenedKeyway,
  showWindow: () => void,
): Promise<LocalServer> {
  return openLocalServer(keyway, {
    port: keyway.settings.get().port,
    outgoing,
    socketPath,
    showWindow,
    whenBusy: 'wait',
    onListening: (url) => folder.publish({ url }),
  })
}

function harden(bundle: string): void {
  const { defaultSession } = session
  serveBundle(defaultSession, bundle)
  defaultSession.setPermissionCheckHandler((_contents, permission, origin) =>
    isPermissionAllowed(permission, origin),
  )
  defaultSession.setPermissionRequestHandler((_contents, permission, decide, { requestingUrl }) =>
    decide(isPermissionAllowed(permission, requestingUrl)),
  )
}

function isPermissionAllowed(permission: string, address: string): boolean {
  const home = DEV_URL ?? APP_ORIGIN
  return permission === 'clipboard-sanitized-write' && new URL(address).host === new URL(home).host
}

function notify({ title, body, to }: Notice, deps: { iconPath: string; show: (to: string) => void }): void {
  if (!Notification.isSupported()) return
  const shown = new Notification({ title, body, icon: nativeImage.createFromPath(deps.iconPath) })
  shown.on('click', () => deps.show(to))
  shown.show()
}

function openDeepLink(link: string, { keyway, show }: { keyway: Keyway; show: (to?: string) => void }): void {
  const parsed = parseDeepLink(link)
  if (parsed.kind === 'callback') {
    show('/connections')
    void keyway.flows.callback(parsed.parameters)
  } else if (parsed.kind === 'navigate') show(parsed.to)
  else keyway.logger.warn('A keyway:// address was ignored.', { reason: parsed.reason })
}

type Open = {
  stops: Array<() => void>
  tray: { close(): void } | null
  server: LocalServer
  opened: OpenedKeyway
}

async function closeAll({ stops, tray, server, opened }: Open): Promise<void> {
  for (const stop of stops) stop()
  tray?.close()
  await server.close()
  await opened.close()
}

type Deps = {
  hasTray: boolean
  clock: Clock
  logger: Logger
  close: () => Promise<void>
  refreshUnderWay: () => boolean
}

/**
 * With a tray the app keeps running when its window is closed. Quitting closes the core first, so that no
 * rotated token is lost; quitting again does not interrupt that.
 */
function quitInOrder({ hasTray, ...core }: Deps): void {
  let state: 'running' | 'closing' | 'closed' = 'running'
  app.on('window-all-closed', () => {
    if (!hasTray) app.quit()
  })
  app.on('will-quit', (event) => {
    if (state === 'closed') return
    event.preventDefault()
    if (state === 'closing') return
    state = 'closing'
    const { ended } = shutDown({ ...core, isTerminal: false, say: (text) => core.logger.info(text) })
    void ended
      .catch((error: unknown) => core.logger.error('Keyway did not close in order', { error }))
      .finally(() => {
        state = 'closed'
        app.quit()
      })
  })
}

/**
 * Checks everything after sleep. The returned function states whether the person is away (asleep, screen
 * locked): then no notification is shown.
 */
function watchPower({ wake }: { wake: () => void }): () => boolean {
  let away = false
  const leave = () => {
    away = true
  }
  const comeBack = () => {
    away = false
  }
  powerMonitor.on('suspend', leave)
  powerMonitor.on('lock-screen', leave)
  powerMonitor.on('unlock-screen', comeBack)
  powerMonitor.on('resume', () => {
    comeBack()
    wake()
  })
  return () => away
}

/** Settings, providers and apps under Electron: the same files that the headless host reads through conf. */
function createElectronStoreKv(deps: Omit<GuardedKvDeps, 'open'>): KeyValueStore {
  return createGuardedKv({
    ...deps,
    open: ({ cwd, name }) => new Store<Record<string, unknown>>({ ...confOptions, cwd, name }),
  })
}
