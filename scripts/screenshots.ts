// `npm run screenshots`: a picture of every screen, in both themes and three widths, under docs/screenshots.
// `-- --only name,name` and `--width 390` select some. The window is the built one; its data is fictional, so
// that no picture holds real data.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { chromium, type Browser } from '@playwright/test'
import { z } from 'zod'
import { findChromium, sandboxFlags } from '../test/support/chromium.ts'
import { startFakeWindowHost } from '../test/support/fake-window-host.ts'
import { screens, type Screen } from '../test/support/window-host/screens.ts'
import { buildStale, root } from './build/parts.ts'
import { runScript } from './machine/run-script.ts'

const themes = ['light', 'dark'] as const
const heights: Record<number, number> = { 390: 844, 800: 900, 1280: 860 }
type View = { theme: (typeof themes)[number]; width: number }

await runScript(async () => {
  const { values } = parseArgs({
    options: { only: { type: 'string' }, width: { type: 'string' }, bundle: { type: 'string' } },
  })
  const wanted = values.only?.split(',')
  const widths =
    values.width === undefined
      ? [1280, 800, 390]
      : [z.coerce.number().int().min(320).max(4000).parse(values.width)]
  if (values.bundle === undefined)
    await buildStale(['window'], { force: false, say: (line) => console.log(line) })
  const folder = join(root, 'docs', 'screenshots')
  mkdirSync(folder, { recursive: true })
  const browser = await chromium.launch({ executablePath: findChromium(), args: [...sandboxFlags()] })
  let taken = 0
  for (const screen of screens.filter(({ name }) => wanted?.includes(name) ?? true)) {
    for (const theme of themes) {
      for (const width of widths) {
        await take(browser, screen, { theme, width }, { folder, bundle: values.bundle })
        taken += 1
      }
    }
  }
  await browser.close()
  console.log(`${taken} pictures are in ${folder}`)
  return 0
})

async function take(
  browser: Browser,
  screen: Screen,
  { theme, width }: View,
  { folder, bundle }: { folder: string; bundle: string | undefined },
): Promise<void> {
  const host = await startFakeWindowHost(screen.snapshot(Date.now()), bundle === undefined ? {} : { bundle })
  const context = await browser.newContext({
    viewport: { width, height: heights[width] ?? 860 },
    colorScheme: theme,
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  await page.goto(`${host.url}/${screen.hash}`)
  // Screens and brand icons are loaded as separate chunks.
  await page.getByRole('heading', { level: 1 }).first().waitFor()
  await screen.act?.(page, host)
  await page.locator('[data-mark-coming]').first().waitFor({ state: 'detached' })
  // As a string, because this script has no DOM types to check it with.
  await page.evaluate('document.fonts.ready.then(() => true)')
  await page.screenshot({
    path: join(folder, `${screen.name}-${theme}-${width}.png`),
    animations: 'disabled',
  })
  await context.close()
  await host.close()
}
