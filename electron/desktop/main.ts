// Where the desktop keeps things: Keyway's own data where the headless host keeps them too, Electron's profile where Electron wants it.
import { join, resolve } from 'node:path'
import { app, dialog, protocol, shell } from 'electron'
import { asKeywayError, nextStepFor } from '../../shared/contract/errors.ts'
import { askForWindow } from '../core/running-service.ts'
import { listenForShutdown } from '../core/shutdown.ts'
import { dataLocation, type Place } from '../core/storage/data-folder.ts'
import { deepLinkIn, registerAppScheme } from './app-protocol.ts'
import { createDesktop } from './desktop.ts'
import { externalUrl } from './window.ts'

export type Folders = {
  data: string
  /** For Electron's own files, and the lock of its single instance; null: Electron's own choice. */
  profile: string | null
}

/** `--user-data-dir` is Electron's own way to say where everything goes; `--data` and KEYWAY_DATA are Keyway's. */
export function desktopFolders(argv: readonly string[], place: Place): Folders {
  const everything = argumentOf('user-data-dir', argv)
  if (everything !== null) return { data: resolve(everything), profile: null }
  const chosen = argumentOf('data', argv) ?? undefined
  const data = resolve(dataLocation(chosen, place))
  const isChosen = chosen !== undefined || (place.environment['KEYWAY_DATA'] ?? '') !== ''
  // Two chosen folders are two Keyways: each with a lock of its own.
  return { data, profile: isChosen ? join(data, 'window') : null }
}

function argumentOf(name: string, argv: readonly string[]): string | null {
  const inline = argv.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3)
  const at = argv.indexOf(`--${name}`)
  const value = inline ?? (at === -1 ? undefined : argv[at + 1])
  return value === undefined || value === '' ? null : value
}

// Electron's own listeners give way to any in JavaScript, also to those of a library that ends the process with the signal.
listenForShutdown(process, () => app.quit())
app.enableSandbox()
registerAppScheme(protocol)
void run()

/** One Keyway a user: a second start hands its link over and leaves. */
async function run(): Promise<void> {
  const folders = desktopFolders(process.argv, {
    platform: process.platform,
    home: app.getPath('home'),
    environment: process.env,
  })
  if (folders.profile !== null) app.setPath('userData', folders.profile)
  if (!app.requestSingleInstanceLock()) {
    app.quit()
    return
  }
  const waiting: string[] = []
  let openLink = (link: string): void => {
    waiting.push(link)
  }
  let show = (): void => undefined
  // Links and second starts may come before the window is there.
  app.on('open-url', (event, url) => {
    event.preventDefault()
    openLink(url)
  })
  app.on('second-instance', (_event, argv) => {
    const link = deepLinkIn(argv)
    show()
    if (link !== null) openLink(link)
  })
  await app.whenReady()
  const started = holdQuit()
  try {
    const desktop = await createDesktop({ argv: process.argv, dataFolder: folders.data })
    openLink = desktop.openLink
    show = desktop.show
    for (const link of waiting) desktop.openLink(link)
    started()
  } catch (error) {
    const failure = asKeywayError(error)
    if (failure.code === 'data_folder_busy' && (await openTheRunning(folders.data))) {
      app.exit(0)
      return
    }
    dialog.showErrorBox('Keyway cannot start', `${failure.message}\n\n${nextStepFor('window', failure)}`)
    app.exit(1)
  }
}

/** Quitting while everything opens waits until it is open and can be closed in order. */
function holdQuit(): () => void {
  let isAsked = false
  const hold = (event: { preventDefault(): void }): void => {
    event.preventDefault()
    isAsked = true
  }
  app.on('will-quit', hold)
  return () => {
    app.off('will-quit', hold)
    if (isAsked) app.quit()
  }
}

/** A headless Keyway owns the folder: its window is what the person wants. False: nobody answers at its socket. */
async function openTheRunning(dataFolder: string): Promise<boolean> {
  const running = await askForWindow(dataFolder).catch(() => null)
  if (running === null) return false
  const address = running.url === null ? null : externalUrl(running.url)
  if (address !== null) await shell.openExternal(address)
  return true
}
