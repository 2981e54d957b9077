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

/** `launch` starts one app for one test; whatever the test leaves open is closed after it. */
export const test = base.extend<{ userData: string; launch: Launch }>({
  // Playwright wants the empty pattern: it reads the names of what a fixture needs from it.
  // oxlint reads it as a mistake, so the name of a built-in fixture stands there.
  userData: async ({ baseURL: _unused }, provide) => {
    const path = mkdtempSync(join(tmpdir(), 'keyway-fixture-'))
    await provide(path)
    rmSync(path, { recursive: true, force: true })
  },
  launch: async ({ userData }, provide) => {
    const open = new Set<FixtureDesktop>()
    await provide(async (options = {}) => {
      const driver = findStandIn()
      const desktop = await launchDesktop({ userData, appPath: fixturePath, driver, ...options })
      await desktop.window.waitForFunction(() => globalThis.moduleScriptRan)
      const log = (): Promise<string[]> => desktop.app.evaluate(() => globalThis.fixture.log)
      const fixture = { ...desktop, log }
      open.add(fixture)
      desktop.app.once('close', () => open.delete(fixture))
      return fixture
    })
    for (const desktop of open) await desktop.close()
  },
})
