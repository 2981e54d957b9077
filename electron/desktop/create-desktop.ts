// The desktop's composition root: everything with Electron in it is built here, once.
import { join } from 'node:path'
import { app, ipcMain, nativeImage, Notification, safeStorage, session } from 'electron'
import { asKeywayError } from '../../shared/contract/errors.ts'
import { presets } from '../../shared/presets/presets.ts'
import type { Keyway } from '../core/keyway.ts'
import { openKeyway, type OpenedKeyway } from '../core/open-keyway.ts'
import { systemClock } from '../core/system-clock.ts'
import { startLocalApi, type RunningApi } from '../http/start-local-api.ts'
import { serveBundle } from './app-protocol.ts'
import { APP_ORIGIN, LINK_SCHEME } from './channels.ts'
import { deepLinkIn, parseDeepLink } from './deep-links.ts'
import { createElectronStoreKv } from './electron-store-kv.ts'
import { endWith } from './ending.ts'
import { serveWindow } from './ipc.ts'
import { followLoginItem } from './login-item.ts'
import { watchForNotices, type Notice } from './notifications.ts'
import { systemBrowser } from './open-in-browser.ts'
import { performTrayAction } from './perform-tray-action.ts'
import { watchPower } from './power.ts'
import { createSafeStorageProtector } from './safe-storage-protector.ts'
import { createTray } from './tray.ts'
import { createMainWindow } from './window.ts'

export type Desktop = { show(): void; openLink(link: string): void }

/** Set by `electron-vite dev`: the window then comes from vite, with its tools. */
const DEV_URL = process.env['ELECTRON_RENDERER_URL']

/** Builds, opens and shows everything; the app's own events end it. @throws KeywayError when the data folder cannot be opened. */
export async function createDesktop({ argv }: { argv: readonly string[] }): Promise<Desktop> {
  const bundle = join(import.meta.dirname, '../renderer')
  const icon = (name: string) => join(bundle, 'icons', name)
  harden(bundle)
  const opened = await open()
  const { keyway } = opened
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
  const api = await listen(opened)
  if (app.isPackaged) app.setAsDefaultProtocolClient(LINK_SCHEME)
  const stops = [
    serveWindow({
      ipcMain,
      keyway,
      origins: DEV_URL === undefined ? [APP_ORIGIN] : [new URL(DEV_URL).origin],
      send: window.send,
    }),
    followLoginItem({ app, keyway, platform: process.platform }),
    watchForNotices({
      keyway,
      isAway: watchPower(keyway),
      notify: (notice) => notify(notice, { iconPath: icon('icon.png'), show }),
    }),
  ]
  const quit = () => app.quit()
  const tray = createTray({
    keyway,
    iconPath: icon('tray.png'),
    perform: (action) => performTrayAction(action, { keyway, show, quit }),
  })
  endWith({ hasTray: tray !== null, close: () => closeAll({ stops, tray, api, opened }) })
  const openLink = (link: string) => followLink(link, { keyway, show })
  if (tray === null || !argv.includes('--hidden')) show()
  const first = deepLinkIn(argv)
  if (first !== null) openLink(first)
  return { show: () => show(), openLink }
}

function open(): Promise<OpenedKeyway> {
  return openKeyway({
    dataFolder: app.getPath('userData'),
    clock: systemClock(),
    host: {
      kind: 'desktop',
      platform: process.platform,
      version: app.getVersion(),
      customSchemeWorks: () => app.isDefaultProtocolClient(LINK_SCHEME),
    },
    protectors: [createSafeStorageProtector({ safeStorage, platform: process.platform })],
    openKv: createElectronStoreKv,
    browser: systemBrowser,
    presets,
    environment: process.env,
  })
}

/** A busy port is shown in the window, which stays usable to choose another one. */
async function listen({ keyway, outgoing, folder, socketPath }: OpenedKeyway): Promise<RunningApi | null> {
  const { port, socketDoor } = keyway.settings.get()
  try {
    const api = await startLocalApi(keyway, {
      port,
      outgoing,
      socketPath: socketDoor ? socketPath : null,
    })
    await folder.publish({ url: api.url })
    return api
  } catch (error) {
    keyway.logger.warn('The local server does not listen.', { error: asKeywayError(error) })
    return null
  }
}

/** The page may write to the clipboard, for its Copy buttons; it needs no other permission. */
function harden(bundle: string): void {
  const { defaultSession } = session
  serveBundle(defaultSession, bundle)
  defaultSession.setPermissionCheckHandler((_contents, permission, origin) => mayHave(permission, origin))
  defaultSession.setPermissionRequestHandler((_contents, permission, decide, { requestingUrl }) =>
    decide(mayHave(permission, requestingUrl)),
  )
}

function mayHave(permission: string, address: string): boolean {
  const home = DEV_URL ?? APP_ORIGIN
  return permission === 'clipboard-sanitized-write' && new URL(address).host === new URL(home).host
}

function notify({ title, body, to }: Notice, deps: { iconPath: string; show: (to: string) => void }): void {
  if (!Notification.isSupported()) return
  const shown = new Notification({ title, body, icon: nativeImage.createFromPath(deps.iconPath) })
  shown.on('click', () => deps.show(to))
  shown.show()
}

function followLink(link: string, { keyway, show }: { keyway: Keyway; show: (to?: string) => void }): void {
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
  api: RunningApi | null
  opened: OpenedKeyway
}

async function closeAll({ stops, tray, api, opened }: Open): Promise<void> {
  for (const stop of stops) stop()
  tray?.close()
  await api?.close()
  await opened.close()
}
