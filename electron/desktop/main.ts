// The desktop app as a program: one process per user; a second start passes its link to the first.
import { desktopFolders } from './folders.ts'
import { app, dialog, protocol, shell } from 'electron'
import { asKeywayError, nextStepFor } from '../../shared/contract/errors.ts'
import { requestWindow } from '../core/running-service.ts'
import { listenForShutdown } from '../core/shutdown.ts'
import { findDeepLink, registerAppScheme, externalUrl } from './app-protocol.ts'
import { createDesktop } from './desktop.ts'
// Any signal listener in JavaScript replaces Electron's own, also one of a library that ends the process.
listenForShutdown(process, () => app.quit())
app.enableSandbox()
registerAppScheme(protocol)
void run()

/** One Keyway per user: a second start passes its link on and exits. */
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
  // Links and second starts may arrive before the window exists.
  app.on('open-url', (event, url) => {
    event.preventDefault()
    openLink(url)
  })
  app.on('second-instance', (_event, argv) => {
    const link = findDeepLink(argv)
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
    if (failure.code === 'data_folder_busy' && (await openRunningInstance(folders.data))) {
      app.exit(0)
      return
    }
    dialog.showErrorBox('Keyway cannot start', `${failure.message}\n\n${nextStepFor('window', failure)}`)
    app.exit(1)
  }
}

/** A quit during the start waits until everything is open and can be closed in order. */
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

/** A headless Keyway owns the folder, so its window is opened. False: nothing responds at its socket. */
async function openRunningInstance(dataFolder: string): Promise<boolean> {
  const running = await requestWindow(dataFolder).catch(() => null)
  if (running === null) return false
  const address = running.url === null ? null : externalUrl(running.url)
  if (address !== null) await shell.openExternal(address)
  return true
}
