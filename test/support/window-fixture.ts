// A page with the built window in it and a made-up Keyway behind it, for specs about the window alone.
import { expect, test as base, type Page } from '@playwright/test'
import type { Snapshot } from '../../shared/contract/ui-api.ts'
import { startFakeWindowHost, type FakeWindowHost } from './fake-window-host.ts'
import { livedIn } from './window-host/seed.ts'

export type WindowWorld = {
  /** Opens the window at an address of its own. Its host is closed when the test ends. */
  openWindow(options?: { hash?: string; snapshot?: Snapshot; activity?: number }): Promise<FakeWindowHost>
  /**
   * What the browser found wrong: a policy broken, a script that threw. Empty at the end of every test unless
   * it was emptied.
   */
  complaints: string[]
}

export const test = base.extend<WindowWorld>({
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
  openWindow: async ({ page }, provide) => {
    const hosts: FakeWindowHost[] = []
    await provide(async ({ hash = '', snapshot = livedIn(Date.now()), activity = 400 } = {}) => {
      const host = await startFakeWindowHost(snapshot, { activity })
      hosts.push(host)
      await page.goto(`${host.url}/${hash}`)
      await page.getByRole('main').waitFor()
      return host
    })
    for (const host of hosts) await host.close()
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
