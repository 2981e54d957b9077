// Every screen in both themes, as a desktop and as a telephone: axe finds nothing, and nothing hides at the
// side.
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { startFakeWindowHost } from '../support/fake-window-host.ts'
import { screens } from '../support/window-host/screens.ts'
import { expect, test } from '../support/window-fixture.ts'

const widths = [1280, 360]

/** Before its transitions have ended, a page that changes its theme shows colors of both. */
const transitionsEnd = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    const transitions = document.getAnimations().filter((each) => each instanceof CSSTransition)
    await Promise.allSettled(transitions.map(({ finished }) => finished))
  })

for (const screen of screens) {
  test(`${screen.name}: axe finds nothing, and nothing scrolls sideways`, async ({ browser }) => {
    const host = await startFakeWindowHost(screen.snapshot(Date.now()))
    const context = await browser.newContext({ reducedMotion: 'reduce' })
    try {
      const page = await context.newPage()
      await page.setViewportSize({ width: 1280, height: 800 })
      await page.goto(`${host.url}/${screen.hash}`)
      // Screens come in files of their own; the heading is there when this one has come.
      await page.getByRole('heading', { level: 1 }).first().waitFor()
      await screen.act?.(page, host)
      // One window that changes its theme and its size, as a person's does, without losing what it shows.
      for (const width of widths) {
        await page.setViewportSize({ width, height: 800 })
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme })
          await transitionsEnd(page)
          // Without frames of other origins the single-page mode sees the same and takes half the time.
          const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze()
          expect(
            violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`),
            `${colorScheme} at ${width}`,
          ).toEqual([])
          const overflow = await page.evaluate(
            () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
          )
          expect(overflow, `${colorScheme} at ${width}`).toBe(0)
        }
      }
    } finally {
      await context.close()
      await host.close()
    }
  })
}
