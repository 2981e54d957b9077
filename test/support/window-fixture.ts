// The built window with a made-up Keyway behind it, for specs about the window alone. All tests of a worker
// share one server and one browser context, so that Chromium compiles the window once; each has a page of its
// own.
import { expect, test as base, type BrowserContext, type Page } from '@playwright/test'
import type { Snapshot } from '../../shared/contract/ui-api.ts'
import { createFakeWindowServer, type FakeWindowHost, type FakeWindowServer } from './fake-window-host.ts'
import { livedIn } from './window-host/seed.ts'

type WindowWorld = {
  /** Opens the window with a Keyway of its own behind it. */
  openWindow(options?: { hash?: string; snapshot?: Snapshot; activity?: number }): Promise<FakeWindowHost>
  /**
   * What the browser found wrong: a policy broken, a script that threw. Empty at the end of every test unless
   * it was emptied.
   */
  complaints: string[]
}

type Shared = { windowServer: FakeWindowServer; windowContext: BrowserContext }

export const test = base.extend<WindowWorld, Shared>({
  windowServer: [
    async ({ browserName: _browser }, provide) => {
      const server = createFakeWindowServer()
      await provide(server)
      await server.close()
    },
    { scope: 'worker' },
  ],
  windowContext: [
    async ({ browser }, provide) => {
      const context = await browser.newContext({ reducedMotion: 'reduce' })
      await provide(context)
      await context.close()
    },
    { scope: 'worker' },
  ],
  page: async ({ windowContext }, provide) => {
    const page = await windowContext.newPage()
    await provide(page)
    // The session storage ends with the page; the local one belongs to the address, which all tests share.
    await page.evaluate(() => localStorage.clear())
    await page.close()
  },
  complaints: [
    async ({ page }, provide) => {
      const complaints: string[] = []
      page.on('pageerror', (error) => complaints.push(error.message))
      page.on('console', (message) => {
        // A lost connection and a missing session are part of some tests; the browser reports both by itself.
        if (message.type() === 'error' && !/Failed to load resource|net::ERR/.test(message.text())) {
          complaints.push(message.text())
        }
      })
      await provide(complaints)
      expect(complaints).toEqual([])
    },
    { auto: true },
  ],
  openWindow: async ({ page, windowServer }, provide) => {
    await provide(async ({ hash = '', snapshot = livedIn(Date.now()), activity = 400 } = {}) => {
      const host = await windowServer.begin(snapshot, { activity })
      await page.goto(`${host.url}/${hash}`)
      await page.getByRole('main').waitFor()
      return host
    })
  },
})

export { expect }

/** Where the keyboard is, as a person would say it. */
export function focusedName(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement
    return element?.getAttribute('aria-label') ?? element?.textContent ?? ''
  })
}
