// The stand-in with its small fixture app, for the specs that test the stand-in itself.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test as base, type Page } from '@playwright/test'
import { findStandIn, launchDesktop, type Desktop, type DesktopOptions } from './desktop-driver.ts'

export type FixtureDesktop = Desktop & {
  readonly window: Page
  /** What the fixture app wrote down in its main process. */
  log(): Promise<string[]>
}

type Launch = (options?: Partial<DesktopOptions>) => Promise<FixtureDesktop>

type FixtureState = {
  log: string[]
  blocksNavigation: boolean
  allowsClosing: boolean
  settingsPath: string
}

type FixtureBridge = {
  refusals: Record<string, string>
  platform: string
  call(channel: string, ...args: unknown[]): Promise<unknown>
  note(text: string): void
  subscribe(listener: (text: string, date: Date) => void): () => void
  throwNow(): void
}

declare global {
  /** In the fixture's main process its state; in its page the bridge. */
  var fixture: FixtureState & FixtureBridge
  var inlineScriptRan: boolean | undefined
  var moduleScriptRan: boolean | undefined
  var fixtureWasThere: boolean | undefined
  var __standIn: {
    chromium(): { pid: number; profilePath: string } | null
    setSafeStorage(mood: string): void
    requests: { protocolClients: string[]; relaunches: object[] }
  }
}

export const fixturePath = join(import.meta.dirname, 'electron-stand-in', 'fixture')

/** Where Chromium has `app://fixture/index.html`. */
const pageAddress = 'https://fixture.app.stand-in.invalid/index.html'

async function launchFixture(options: DesktopOptions): Promise<FixtureDesktop> {
  const desktop = await launchDesktop({ appPath: fixturePath, driver: findStandIn(), ...options })
  await desktop.window.waitForFunction(() => globalThis.moduleScriptRan)
  return { ...desktop, log: () => desktop.app.evaluate(() => globalThis.fixture.log) }
}

/** As it was just after its start. */
async function reset({ app, window }: FixtureDesktop): Promise<void> {
  // By way of an empty page: from `#part` to the page itself would be a jump inside it.
  await window.goto('about:blank')
  await window.goto(pageAddress)
  await window.waitForFunction(() => globalThis.moduleScriptRan)
  await app.evaluate(({ BrowserWindow, nativeTheme }) => {
    const [first, ...others] = BrowserWindow.getAllWindows()
    for (const other of others) other.destroy()
    nativeTheme.themeSource = 'system'
    globalThis.__standIn.setSafeStorage('gnome_libsecret')
    first?.setSize(900, 640)
    first?.focus()
    Object.assign(globalThis.fixture, { blocksNavigation: true, allowsClosing: true })
    const { opened, notifications, dialogs, answers } = globalThis.__desktop
    for (const list of [globalThis.fixture.log, opened, notifications, dialogs, answers]) list.length = 0
  })
}

function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), 'keyway-fixture-'))
}

/**
 * `desktop` is one app for all tests that leave it alive, put back to its beginning before each. `launch`
 * starts an app for one test; whatever the test leaves open is closed after it.
 */
export const test = base.extend<
  { userData: string; launch: Launch; desktop: FixtureDesktop },
  { sharedUserData: string; shared: FixtureDesktop }
>({
  // Playwright reads from the pattern what a fixture needs, so there has to be one.
  userData: async ({ baseURL: _unused }, provide) => {
    const path = makeFolder()
    await provide(path)
    rmSync(path, { recursive: true, force: true })
  },
  launch: async ({ userData }, provide) => {
    const open = new Set<FixtureDesktop>()
    await provide(async (options = {}) => {
      const desktop = await launchFixture({ userData, ...options })
      open.add(desktop)
      desktop.app.once('close', () => open.delete(desktop))
      return desktop
    })
    for (const desktop of open) await desktop.close()
  },
  sharedUserData: [
    async ({ browserName: _unused }, provide) => {
      const path = makeFolder()
      await provide(path)
      rmSync(path, { recursive: true, force: true })
    },
    { scope: 'worker' },
  ],
  shared: [
    async ({ sharedUserData }, provide) => {
      const desktop = await launchFixture({ userData: sharedUserData })
      await provide(desktop)
      await desktop.close()
    },
    { scope: 'worker' },
  ],
  desktop: async ({ shared }, provide) => {
    await reset(shared)
    await provide(shared)
  },
})
