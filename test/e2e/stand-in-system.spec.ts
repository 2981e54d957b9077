import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect } from '@playwright/test'
import { test, type FixtureDesktop } from '../support/stand-in-fixture.ts'

function seal({ window }: FixtureDesktop, text: string): Promise<unknown> {
  return window.evaluate((plain) => globalThis.fixture.call('seal', plain), text)
}

test('the tray menu is seen and clicked, its submenus too, but not what is disabled', async ({ desktop }) => {
  const { trays, clickTray, log } = desktop
  const [tray] = await trays()
  expect(tray?.toolTip).toBe('Fixture')
  expect(tray?.menu.map(({ label, type }) => label || type)).toEqual(['Open', 'separator', 'More', 'Off'])
  await clickTray('More', 'Deep')
  await expect(clickTray('Off')).rejects.toThrow('Off is disabled')
  await expect(clickTray('Nothing')).rejects.toThrow('The tray has no entry Nothing')
  expect(await log()).toEqual(['deep clicked'])
})

test('what the app opens outside is recorded, and handed to whom the environment names', async ({
  launch,
}) => {
  const handed: string[] = []
  const browser = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => handed.push(chunk.toString()))
    request.on('end', () => response.end())
  })
  await new Promise<void>((resolve) => {
    browser.listen(0, '127.0.0.1', resolve)
  })
  const address = `http://127.0.0.1:${(browser.address() as AddressInfo).port}/`
  const { app, opened } = await launch({ env: { KEYWAY_DESKTOP_BROWSER: address } })
  await app.evaluate(({ shell }) => shell.openExternal('https://login.example/authorize?state=x'))
  expect(await opened()).toEqual(['https://login.example/authorize?state=x'])
  expect(handed).toEqual(['{"url":"https://login.example/authorize?state=x"}'])
  browser.close()
})

test('a second start hands its command line to the first and leaves', async ({ desktop }) => {
  const { app, log, startAgain } = desktop
  expect(await startAgain(['keyway://open/connections'])).toBe(0)
  await expect.poll(log).toContain('second-instance keyway://open/connections')
  expect(app.windows()).toHaveLength(1)
})

test('the lock of a process that was killed is taken over', async ({ launch }) => {
  const first = await launch()
  const ended = new Promise((resolve) => first.app.process().once('exit', resolve))
  first.app.process().kill('SIGKILL')
  await ended
  const second = await launch()
  expect(await second.app.evaluate(({ app }) => app.hasSingleInstanceLock())).toBe(true)
})

test('safeStorage encrypts, and the next start decrypts what this one encrypted', async ({ launch }) => {
  const first = await launch()
  const { sealed, result } = (await seal(first, 'top secret')) as { sealed: string; result: string }
  expect(result).toBe('top secret')
  expect(Buffer.from(sealed, 'base64').toString('latin1')).not.toContain('top secret')
  await first.close()

  const open = ({ app }: FixtureDesktop): Promise<string> =>
    app.evaluate(
      ({ safeStorage }, text) =>
        safeStorage.decryptStringAsync(Buffer.from(text, 'base64')).then(
          (opened) => opened.result,
          (error: Error) => error.message,
        ),
      sealed,
    )
  const second = await launch()
  expect(await open(second)).toBe('top secret')
  await second.close()
  const elsewhere = await launch({ env: { KEYWAY_STAND_IN_KEYCHAIN: 'another machine' } })
  expect(await open(elsewhere)).toContain('Error while decrypting')
})

test('safeStorage has the moods of real keychains', async ({ desktop }) => {
  const { app } = desktop
  const states: unknown[] = []
  for (const mood of ['basic_text', 'kwallet6', 'locked', 'unavailable', 'rotated']) {
    states.push(
      await app.evaluate(async ({ safeStorage }, name) => {
        globalThis.__standIn.setSafeStorage(name)
        const isAvailable = await safeStorage.isAsyncEncryptionAvailable()
        const opened = safeStorage
          .encryptStringAsync('x')
          .then((sealed) => safeStorage.decryptStringAsync(sealed))
        const outcome = await opened.then(
          ({ result, shouldReEncrypt }) => `${result} ${shouldReEncrypt}`,
          (error: Error) => error.message,
        )
        return [
          name,
          process.platform === 'linux' ? safeStorage.getSelectedStorageBackend() : '',
          isAvailable,
          outcome,
        ]
      }, mood),
    )
  }
  const backend = (name: string): string => (process.platform === 'linux' ? name : '')
  expect(states).toEqual([
    ['basic_text', backend('basic_text'), true, 'x false'],
    ['kwallet6', backend('kwallet6'), true, 'x false'],
    ['locked', backend('gnome_libsecret'), true, 'Encryption is not available.'],
    ['unavailable', backend('gnome_libsecret'), false, 'Encryption is not available.'],
    ['rotated', backend('gnome_libsecret'), true, 'x true'],
  ])
})

test('a hanging keychain answers only once it wakes up', async ({ launch }) => {
  const desktop = await launch({ env: { KEYWAY_STAND_IN_SAFE_STORAGE: 'hanging' } })
  let isSettled = false
  const sealing = seal(desktop, 'late').finally(() => {
    isSettled = true
  })
  // Calls are answered in order, so this one would come after an answer to the first.
  await desktop.window.evaluate(() => globalThis.fixture.call('echo'))
  expect(isSettled).toBe(false)
  await desktop.app.evaluate(() => globalThis.__standIn.setSafeStorage('gnome_libsecret'))
  expect(await sealing).toMatchObject({ result: 'late' })
})

test('dialogs take their answers from a queue, and an empty queue is an error', async ({ desktop }) => {
  const { app, answerDialog, dialogs } = desktop
  const ask = (): Promise<string> =>
    app.evaluate(({ dialog }) =>
      dialog.showMessageBox({ message: 'Sure?', buttons: ['No', 'Yes'] }).then(
        ({ response }) => String(response),
        (error: Error) => error.message,
      ),
    )
  await answerDialog({ response: 1, checkboxChecked: false })
  expect(await ask()).toBe('1')
  expect(await ask()).toBe('No answer is queued for dialog.showMessageBox: Sure?')
  expect((await dialogs())[0]).toEqual({ kind: 'showMessageBox', title: '', message: 'Sure?' })
})

test('notifications, power events, open-url and protocol registration are within reach of a spec', async ({
  desktop,
}) => {
  const { app, notifications, clickNotification, emitPowerEvent, log } = desktop
  await app.evaluate(({ app: electronApp, Notification, powerMonitor }) => {
    const { log: lines } = globalThis.fixture
    const notification = new Notification({ title: 'Reconnect', body: 'Needs you' })
    notification.on('click', () => lines.push('notification clicked'))
    notification.show()
    powerMonitor.on('resume', () => lines.push('resumed'))
    electronApp.setAsDefaultProtocolClient('keyway')
    electronApp.emit('open-url', { preventDefault: () => {} }, 'keyway://x')
  })
  expect(await notifications()).toEqual([{ title: 'Reconnect', body: 'Needs you' }])
  await clickNotification(0)
  await emitPowerEvent('resume')
  expect(await log()).toEqual(['open-url keyway://x', 'notification clicked', 'resumed'])
  expect(await app.evaluate(({ app: electronApp }) => electronApp.isDefaultProtocolClient('keyway'))).toBe(
    true,
  )
  expect(await app.evaluate(() => globalThis.__standIn.requests.protocolClients)).toEqual(['keyway'])
})

test('the app is told who it is, as Electron does', async ({ desktop, sharedUserData }) => {
  const { app } = desktop
  const facts = await app.evaluate(({ app: electronApp }) => ({
    name: electronApp.getName(),
    version: electronApp.getVersion(),
    userData: electronApp.getPath('userData'),
    isPackaged: electronApp.isPackaged,
    type: process.type,
    electron: process.versions['electron']?.split('.')[0],
  }))
  expect(facts).toEqual({
    name: 'Stand-in fixture',
    version: '3.2.1',
    userData: sharedUserData,
    isPackaged: false,
    type: 'browser',
    electron: '45',
  })
})

test('a package that imports electron by itself gets the stand-in', async ({ desktop, sharedUserData }) => {
  const { app } = desktop
  expect(await app.evaluate(() => globalThis.fixture.settingsPath)).toBe(join(sharedUserData, 'config.json'))
})

test('a member that the stand-in does not have throws and is named', async ({ desktop }) => {
  const { app } = desktop
  const messages = await app.evaluate((electron) => {
    const { app: electronApp, BrowserWindow, Tray } = electron
    const [window] = BrowserWindow.getAllWindows()
    const read = (target: object | undefined, name: string): string => {
      try {
        return `${name} is ${String(Reflect.get(target as object, name))}`
      } catch (error) {
        return String(error)
      }
    }
    return [
      read(electron, 'desktopCapturer'),
      read(electronApp, 'moveToApplicationsFolder'),
      read(window, 'previewFile'),
      read(window?.webContents, 'printToPDF'),
      read(BrowserWindow, 'fromBrowserView'),
      read(new Tray(''), 'displayBalloon'),
    ]
  })
  const missing = ['electron.desktopCapturer', 'app.moveToApplicationsFolder', 'BrowserWindow.previewFile']
  missing.push('webContents.printToPDF', 'BrowserWindow.fromBrowserView', 'Tray.displayBalloon')
  expect(messages).toEqual(
    missing.map(
      (name) =>
        `Error: The Electron stand-in has no ${name}. If Electron has it, add it to test/support/electron-stand-in.`,
    ),
  )
})
