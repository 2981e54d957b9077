import { expect } from '@playwright/test'
import { fixturePath, test } from '../support/stand-in-fixture.ts'

test('values survive the way from the page to the main process and back', async ({ desktop }) => {
  const { window } = desktop
  const answer = await window.evaluate(async () => {
    const [date, map, big, bytes, nothing, error] = (await globalThis.fixture.call(
      'echo',
      new Date(5),
      new Map([['k', new Set([1])]]),
      12n,
      new Uint8Array([7, 8]),
      undefined,
      new RangeError('far'),
    )) as [Date, Map<string, Set<number>>, bigint, Uint8Array, undefined, Error]
    return {
      time: date.getTime(),
      inMap: map.get('k')?.has(1),
      big,
      bytes: [...bytes],
      isNothing: nothing === undefined,
      error: `${error.name} ${error.message}`,
    }
  })
  expect(answer).toEqual({
    time: 5,
    inMap: true,
    big: 12n,
    bytes: [7, 8],
    isNothing: true,
    // The bridge between the worlds keeps the message only.
    error: 'Error far',
  })
})

test('what cannot be cloned and what fails in a handler is refused in the words of Electron', async ({
  desktop,
}) => {
  const { window } = desktop
  const messages = await window.evaluate(async () => {
    const messageOf = (call: () => Promise<unknown>): Promise<string> =>
      call().then(String, (error: Error) => error.message)
    return [
      await messageOf(async () => globalThis.fixture.call('echo', () => 1)),
      await messageOf(async () => globalThis.fixture.call('fail')),
      await messageOf(async () => globalThis.fixture.call('no such channel')),
    ]
  })
  expect(messages).toEqual([
    'An object could not be cloned.',
    "Error invoking remote method 'fail': RangeError: out of range",
    "Error invoking remote method 'no such channel': Error: No handler registered for 'no such channel'",
  ])
})

test('an event goes from a click through the main process back to the page', async ({ desktop }) => {
  const { window, log } = desktop
  await window.getByRole('button', { name: 'Note' }).click()
  await expect(window.locator('#noted')).toHaveText('from the page true')
  expect(await log()).toContain('note from the page')
})

test('a listener that was taken off hears nothing more, one that stays does', async ({ desktop }) => {
  const { window } = desktop
  const heard = await window.evaluate(async () => {
    const first: string[] = []
    const second: string[] = []
    const stop = globalThis.fixture.subscribe((text) => first.push(text))
    const heardTwo = new Promise<void>((resolve) => {
      globalThis.fixture.subscribe((text) => {
        second.push(text)
        if (text === 'one') stop()
        if (text === 'two') resolve()
      })
    })
    globalThis.fixture.note('one')
    await globalThis.fixture.call('echo')
    globalThis.fixture.note('two')
    await heardTwo
    return { first, second }
  })
  expect(heard).toEqual({ first: ['one'], second: ['one', 'two'] })
})

test('the page has the bridge before its first script, and nothing of Node or of the preload', async ({
  desktop,
}) => {
  const { window } = desktop
  const found = await window.evaluate(() => ({
    wasThere: globalThis.fixtureWasThere,
    require: typeof Reflect.get(globalThis, 'require'),
    process: typeof Reflect.get(globalThis, 'process'),
    leaked: Object.getOwnPropertyNames(globalThis).filter((name) => /standIn/i.test(name)),
    isFrozen: Object.isFrozen(globalThis.fixture) && Object.isFrozen(globalThis.fixture.refusals),
    isReplaceable: Reflect.set(globalThis, 'fixture', {}) && !('call' in globalThis.fixture),
    platform: globalThis.fixture.platform,
  }))
  expect(found).toEqual({
    wasThere: true,
    require: 'undefined',
    process: 'undefined',
    leaked: [],
    isFrozen: true,
    isReplaceable: false,
    platform: process.platform,
  })
})

test('a sandboxed preload may require electron and nothing else, and cannot call synchronously', async ({
  desktop,
}) => {
  const { window } = desktop
  const refusals = await window.evaluate(() => globalThis.fixture.refusals)
  expect(Object.keys(refusals).toSorted()).toEqual(['./other.cjs', 'electron/main', 'node:fs', 'sendSync'])
  expect(refusals['node:fs']).toContain('module not found: node:fs')
  expect(refusals['sendSync']).toContain('sendSync is not supported')
})

test('an error thrown behind the bridge reaches the page as an error', async ({ desktop }) => {
  const { window } = desktop
  const message = await window.evaluate(() => {
    try {
      globalThis.fixture.throwNow()
      return 'nothing was thrown'
    } catch (error) {
      return error instanceof Error ? error.message : 'something else'
    }
  })
  expect(message).toBe('thrown in the preload')
})

test('the sender of a call is told by Chromium: address, origin and no parent', async ({ desktop }) => {
  const { window } = desktop
  await window.evaluate(() => {
    location.hash = '#there'
  })
  expect(await window.evaluate(() => globalThis.fixture.call('whoami'))).toEqual({
    url: 'app://fixture/index.html#there',
    origin: 'app://fixture',
    hasParent: false,
    isMainFrame: true,
    isWindow: true,
  })
})

test('a reloaded page has its preload again', async ({ desktop }) => {
  const { window } = desktop
  await window.evaluate(() => Reflect.set(globalThis, 'leftOver', true))
  await window.reload()
  await window.waitForFunction(() => globalThis.moduleScriptRan)
  const after = await window.evaluate(async () => ({
    leftOver: Reflect.get(globalThis, 'leftOver') as unknown,
    echo: await globalThis.fixture.call('echo', 'again'),
  }))
  expect(after).toEqual({ leftOver: undefined, echo: ['again'] })
})

test('several windows answer for themselves, and one can be closed', async ({ desktop }) => {
  const { app, window, clickTray } = desktop
  const opening = app.waitForEvent('window')
  await clickTray('Open')
  const second = await opening
  await second.waitForFunction(() => globalThis.moduleScriptRan)
  expect(await second.evaluate(() => globalThis.fixture.call('echo', 2))).toEqual([2])
  expect(app.windows()).toHaveLength(2)

  const closing = second.waitForEvent('close')
  await app.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()[1]?.close()
  })
  await closing
  expect(app.windows()).toHaveLength(1)
  expect(await window.evaluate(() => globalThis.fixture.call('echo', 1))).toEqual([1])
})

test('a window has the size, title and visibility that the app gave it', async ({ desktop }) => {
  const { app, window, addressOf } = desktop
  expect(await window.evaluate(() => [innerWidth, innerHeight])).toEqual([900, 640])
  expect(await addressOf(window)).toBe('app://fixture/index.html')
  const readWindow = (): Promise<object> =>
    app.evaluate(({ BrowserWindow }) => {
      const [first] = BrowserWindow.getAllWindows()
      return { title: first?.getTitle(), isVisible: first?.isVisible(), isFocused: first?.isFocused() }
    })
  await expect.poll(readWindow).toEqual({ title: 'Fixture', isVisible: true, isFocused: true })
  await app.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]?.setSize(700, 500)
  })
  await window.waitForFunction(() => innerWidth === 700 && innerHeight === 500)
})

test('themeSource switches what the page sees, and back', async ({ desktop }) => {
  const { app, window, log } = desktop
  const background = (): Promise<string> =>
    window.evaluate(() => getComputedStyle(document.body).backgroundColor)
  const setTheme = (theme: 'dark' | 'light' | 'system'): Promise<void> =>
    app.evaluate(({ nativeTheme }, source) => {
      nativeTheme.themeSource = source
    }, theme)
  expect(await background()).toBe('rgb(250, 250, 250)')
  await setTheme('dark')
  await expect.poll(background).toBe('rgb(10, 10, 10)')
  await window.reload()
  await expect.poll(background).toBe('rgb(10, 10, 10)')
  await setTheme('system')
  await expect.poll(background).toBe('rgb(250, 250, 250)')
  expect(await log()).toEqual(['theme true', 'theme false'])
})

test('unsafe preferences are refused by name', async ({ desktop }) => {
  const { app } = desktop
  const refusals = await app.evaluate(({ BrowserWindow }) =>
    [{ nodeIntegration: true }, { contextIsolation: false }, { sandbox: false }, { webSecurity: false }].map(
      (webPreferences) => {
        try {
          return String(new BrowserWindow({ webPreferences }).id)
        } catch (error) {
          return String(error)
        }
      },
    ),
  )
  expect(refusals).toEqual([
    'Error: The Electron stand-in refuses webPreferences.nodeIntegration: true.',
    'Error: The Electron stand-in refuses webPreferences.contextIsolation: false.',
    'Error: The Electron stand-in refuses webPreferences.sandbox: false.',
    'Error: The Electron stand-in refuses webPreferences.webSecurity: false.',
  ])
})

test('a preload that cannot run is reported', async ({ desktop }) => {
  const { app, log } = desktop
  const openWith = (preload: string): Promise<void> =>
    app.evaluate(async ({ BrowserWindow }, path) => {
      await new BrowserWindow({ webPreferences: { preload: path } }).loadURL('app://fixture/index.html')
    }, `${fixturePath}/${preload}`)
  await openWith('main.js')
  await openWith('package.json')
  const reports = (await log()).filter((line) => line.startsWith('preload-error'))
  expect(reports).toHaveLength(2)
  expect(reports[0]).toContain('Cannot use import statement outside a module')
})

test('a renderer that crashes is reported, and a reload brings the page back', async ({ launch }) => {
  const { app, window, log } = await launch()
  await app.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer()
  })
  await expect.poll(log).toContain('gone crashed')
  expect(
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.isCrashed()),
  ).toBe(true)
  await app.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]?.reload()
  })
  const address = await app.evaluate(async ({ BrowserWindow }) => {
    const contents = BrowserWindow.getAllWindows()[0]?.webContents
    while (contents?.isCrashed()) {
      await new Promise<void>((resolve) => contents.once('did-finish-load', () => resolve()))
    }
    return contents?.executeJavaScript('fixture.call("whoami").then(({ url }) => url)') as Promise<string>
  })
  expect(address).toBe('app://fixture/index.html')
  await expect(window.close()).resolves.toBeUndefined()
})
