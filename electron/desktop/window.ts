// The main window, hardened: sandboxed, isolated, no navigation away, no new windows, no permissions. Links
// open in the system browser.
import { externalUrl } from './app-protocol.ts'
import { BrowserWindow, shell, type WebContents } from 'electron'
import { createInstalledBrowsers } from '../core/browsers/find-browsers.ts'
import type { Browser, Logger } from '../core/ports.ts'
import { APP_ORIGIN } from './channels.ts'

type Deps = {
  preloadPath: string
  iconPath: string
  logger: Logger
  /** vite's URL in development; absent in the built app. */
  devUrl: string | undefined
}

export type MainWindow = {
  /** Brings the window to the front; creates it when there is none. */
  show(): BrowserWindow
  /** The current window, or null while none is open. */
  current(): BrowserWindow | null
  send(channel: string, ...values: unknown[]): void
}

export function createMainWindow(deps: Deps): MainWindow {
  let window: BrowserWindow | null = null
  const current = () => (window === null || window.isDestroyed() ? null : window)
  return {
    current,
    show() {
      const open = current() ?? openWindow(deps)
      window = open
      if (open.isMinimized()) open.restore()
      open.show()
      open.focus()
      return open
    },
    send(channel, ...values) {
      current()?.webContents.send(channel, ...values)
    },
  }
}

function openWindow({ preloadPath, iconPath, logger, devUrl }: Deps): BrowserWindow {
  const window = new BrowserWindow({
    width: 1120,
    height: 760,
    minWidth: 360,
    minHeight: 480,
    show: false,
    title: 'Keyway',
    icon: iconPath,
    autoHideMenuBar: true,
    webPreferences: {
      preload: preloadPath,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
      spellcheck: false,
      devTools: devUrl !== undefined,
    },
  })
  keepInside(window.webContents, { logger, allowed: devUrl ?? `${APP_ORIGIN}/` })
  window.loadURL(devUrl ?? `${APP_ORIGIN}/index.html`).catch((error: unknown) => {
    logger.error('The window could not load its page.', { cause: String(error) })
  })
  return window
}

/** The page cannot navigate away or open another window; web links open in the system browser. */
function keepInside(contents: WebContents, { logger, allowed }: { logger: Logger; allowed: string }): void {
  const stop = (event: { preventDefault(): void; url: string }) => {
    if (isInside(event.url, allowed)) return
    event.preventDefault()
    logger.warn('The window tried to leave its page; stopped.')
  }
  contents.on('will-navigate', stop)
  contents.on('will-frame-navigate', stop)
  contents.on('will-attach-webview', (event) => event.preventDefault())
  contents.setWindowOpenHandler(({ url }) => {
    const target = externalUrl(url)
    if (target !== null) {
      shell
        .openExternal(target)
        .catch((error: unknown) =>
          logger.warn('The system browser could not be opened.', { cause: String(error) }),
        )
    }
    return { action: 'deny' }
  })
}

function isInside(url: string, allowed: string): boolean {
  if (!URL.canParse(url)) return false
  const [target, home] = [new URL(url), new URL(allowed)]
  return target.protocol === home.protocol && target.host === home.host
}

/** The system browser. A failure to open it is logged as a warning, because the window shows the link. */
export function createSystemBrowser(deps: Parameters<typeof createInstalledBrowsers>[0]): Browser {
  const installed = createInstalledBrowsers(deps)
  return {
    installed: installed.list,
    async open(url, browserId) {
      const target = externalUrl(url)
      if (target === null) return { opened: false, reason: 'Only web addresses are opened in the browser.' }
      const chosen = browserId === null ? null : await installed.open(browserId, target)
      return chosen ?? openExternally(target)
    },
  }
}

async function openExternally(target: string): ReturnType<Browser['open']> {
  try {
    await shell.openExternal(target)
    return { opened: true }
  } catch (error) {
    return {
      opened: false,
      reason: error instanceof Error ? error.message : 'The system browser could not be opened.',
    }
  }
}
