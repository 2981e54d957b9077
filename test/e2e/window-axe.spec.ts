// Every screen in both themes, as a desktop and as a telephone: axe finds nothing, and nothing hides at the
// side.
import type { Page } from '@playwright/test'
import axe, { type RunOptions } from 'axe-core'
import { screens } from '../support/window-host/screens.ts'
import { expect, test } from '../support/window-fixture.ts'

const widths = [1280, 360]

// All rules. Only what is found wrong is worth its way out of the browser; the rest is most of the time.
const options: RunOptions = { resultTypes: ['violations'] }

/** During a transition the page shows colors of both themes, so with reduced motion there is none. */
type Found = { violations: string[]; overflow: number; transitions: number }

function look(page: Page): Promise<Found> {
  return page.evaluate(async (run) => {
    // The new theme is there with the next frame.
    await new Promise(requestAnimationFrame)
    const transitions = document.getAnimations().filter((each) => each instanceof CSSTransition).length
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run(document, run)
    const { scrollWidth, clientWidth } = document.documentElement
    return {
      violations: violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`),
      overflow: scrollWidth - clientWidth,
      transitions,
    }
  }, options)
}

for (const screen of screens) {
  test(`${screen.name}: axe finds nothing, and nothing scrolls sideways`, async ({ page, openWindow }) => {
    await page.setViewportSize({ width: 1280, height: 800 })
    const host = await openWindow({ hash: screen.hash, snapshot: screen.snapshot(Date.now()) })
    // Screens come in files of their own; the heading is there when this one has come.
    await page.getByRole('heading', { level: 1 }).first().waitFor()
    await screen.act?.(page, host)
    await page.evaluate(axe.source)
    // One window that changes its theme and its size, as a person's does, without losing what it shows.
    for (const width of widths) {
      await page.setViewportSize({ width, height: 800 })
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        expect(await look(page), `${colorScheme} at ${width}`).toEqual({
          violations: [],
          overflow: 0,
          transitions: 0,
        })
      }
    }
  })
}

test('the same look finds what is wrong: the checks above can fail', async ({ page, openWindow }) => {
  await openWindow({ hash: '#/connections' })
  await page.evaluate(axe.source)
  await page.evaluate(() => {
    const faint = document.createElement('p')
    faint.textContent = 'faint'
    Object.assign(faint.style, { color: '#ccc', background: '#fff', width: '5000px' })
    document.body.append(faint)
    document.documentElement.style.overflow = 'auto'
    document.body.style.overflow = 'visible'
  })
  const { violations, overflow } = await look(page)
  expect(violations.join('\n')).toContain('color-contrast: <p')
  expect(overflow).toBeGreaterThan(0)
})
