// Every screen in both themes, as a desktop and as a telephone: axe finds nothing, and nothing hides at the side.
import { AxeBuilder } from '@axe-core/playwright'
import { screens } from '../support/window-host/screens.ts'
import { expect, test } from '../support/window-fixture.ts'

for (const screen of screens) {
  test(`${screen.name}: axe finds nothing, and nothing scrolls sideways`, async ({ browser }) => {
    const { startFakeWindowHost } = await import('../support/fake-window-host.ts')
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [1280, 360]) {
        const host = await startFakeWindowHost(screen.snapshot(Date.now()))
        const context = await browser.newContext({
          viewport: { width, height: 800 },
          colorScheme,
          reducedMotion: 'reduce',
        })
        const page = await context.newPage()
        await page.goto(`${host.url}/${screen.hash}`)
        // Screens come in files of their own; the heading is there when this one has come.
        await page.getByRole('heading', { level: 1 }).first().waitFor()
        await screen.act?.(page, host)
        const { violations } = await new AxeBuilder({ page }).analyze()
        expect(
          violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`),
          `${colorScheme} at ${width}`,
        ).toEqual([])
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        )
        expect(overflow, `${colorScheme} at ${width}`).toBe(0)
        await context.close()
        await host.close()
      }
    }
  })
}
