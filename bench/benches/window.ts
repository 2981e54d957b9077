// The window as Chromium draws it: how much there is to load, when it is there, and whether long lists scroll
// without a stutter. Wants the built window (npm run build).
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { chromium, type Browser, type Page } from '@playwright/test'
import { findChromium, sandboxFlags } from '../../test/support/chromium.ts'
import { startChild } from '../child-server.ts'
import type { Bench, Figure } from '../report.ts'
import type { WindowInput, WindowQuestion, WindowReady } from '../servers/window.ts'
import { isNoisy, spreadOf } from '../statistics.ts'

const WINDOW = fileURLToPath(new URL('../../out/renderer/', import.meta.url))
const CONNECTIONS = 1000
const ROWS = 100_000
/** Of one run down a list. */
const SCROLL_MS = 2000
const PX_A_FRAME = 60
const MOST_ROUNDS = 10

export const window: Bench = {
  name: 'window',
  async run({ rounds: asked }) {
    if (!existsSync(join(WINDOW, 'index.html')))
      throw new Error('The window is not built; run npm run build first.')
    const rounds = Math.min(asked, MOST_ROUNDS)
    const child = await startChild<WindowReady>('window.ts', {
      windowFolder: WINDOW,
      connections: CONNECTIONS,
      rows: ROWS,
    } satisfies WindowInput)
    const browser = await chromium.launch({ executablePath: findChromium(), args: [...sandboxFlags()] })
    const launch = () => child.ask({ do: 'launch' } satisfies WindowQuestion) as Promise<string>
    try {
      const paints = await openings(browser, launch, rounds)
      const scrolls = await scrolling(browser, launch, child.ready.url, rounds)
      return {
        name: 'window',
        rounds,
        noisy: isNoisy(spreadOf(scrolls.bare)),
        figures: [...weights(), ...paintFigures(paints), ...scrollFigures(scrolls)],
        details: { paints, scrolls },
      }
    } finally {
      await browser.close()
      await child.close()
    }
  },
}

function weights(): Figure[] {
  const zippedKb = (names: readonly string[]): number =>
    names.reduce((sum, name) => sum + gzipSync(readFileSync(join(WINDOW, name)), { level: 9 }).length, 0) /
    1024
  const page = readFileSync(join(WINDOW, 'index.html'), 'utf8')
  const first = [...page.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.(?:js|css))"/g)].map(
    ([, name = '']) => name,
  )
  const assets = readdirSync(join(WINDOW, 'assets')).filter((name) => /\.(?:js|css)$/.test(name))
  const all = assets.map((name) => join('assets', name))
  const weight = (what: string, names: readonly string[], must: number, aim: number): Figure => {
    const kb = zippedKb(['index.html', ...names])
    return { what, value: { p25: kb, median: kb, p75: kb }, unit: ' KB', must, aim, better: 'lower' }
  }
  return [
    weight('window, all code and styles, gzipped', all, 350, 300),
    weight('of that, before the first paint', first, 250, 200),
  ]
}

type Paints = { firstPaintMs: number[]; connectionsMs: number[]; changeMs: number[] }

/** Each time with nothing in the browser's cache. The first opening warms the server and is not counted. */
async function openings(browser: Browser, launch: () => Promise<string>, rounds: number): Promise<Paints> {
  const paints: Paints = { firstPaintMs: [], connectionsMs: [], changeMs: [] }
  for (let round = 0; round <= rounds; round += 1) {
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(await launch(), { waitUntil: 'commit' })
    await page.getByRole('list', { name: 'Connections' }).waitFor()
    const [painted, shown] = await page.evaluate(() => [
      performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
      performance.now(),
    ])
    const changed = await change(page, `account 0.${round}`)
    if (round > 0) {
      paints.changeMs.push(changed)
      paints.firstPaintMs.push(painted ?? Number.NaN)
      paints.connectionsMs.push(shown ?? Number.NaN)
    }
    await context.close()
  }
  return paints
}

/**
 * From the call that renames the first account until the name is in the page, where an event of Keyway brings
 * it. The row has to stay in view, so the name has to stay the first.
 */
function change(page: Page, account: string): Promise<number> {
  return page.evaluate(async (name) => {
    const row = document.querySelector('a[href^="#/connections/con_"]')
    const id = row?.getAttribute('href')?.split('/').at(-1)
    const shown = new Promise<number>((resolve) => {
      new MutationObserver(() => {
        if (document.body.textContent.includes(name)) resolve(performance.now())
      }).observe(document.body, { subtree: true, childList: true, characterData: true })
    })
    const sentAt = performance.now()
    const answer = await fetch('/ui/call/connections.rename', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-keyway-window': localStorage.getItem('keyway.window') ?? '',
      },
      body: JSON.stringify({ id, account: name }),
    })
    if (!answer.ok) throw new Error(`The account was not renamed: ${answer.status}.`)
    return (await shown) - sentAt
  }, account)
}

function paintFigures({ firstPaintMs, connectionsMs, changeMs }: Paints): Figure[] {
  const time = (what: string, values: readonly number[], must: number, aim: number): Figure => {
    return { what, value: spreadOf(values), unit: ' ms', must, aim, better: 'lower' }
  }
  return [
    time('first paint of the window on a warm server', firstPaintMs, 500, 300),
    time('until 1,000 connections stand there', connectionsMs, 1000, 500),
    time('from a change at Keyway until the window shows it', changeMs, 200, 100),
  ]
}

/**
 * One run down a list. The work is the main thread's own time, which a busy machine stretches less than it
 * does the frames.
 */
type Run = { framesASecond: number; workMs: number }
type Scrolls = { bare: number[]; connections: Run[]; activity: Run[] }

async function scrolling(
  browser: Browser,
  launch: () => Promise<string>,
  url: string,
  rounds: number,
): Promise<Scrolls> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  const bare = await browser.newPage()
  await page.goto(await launch())
  await page.getByRole('list', { name: 'Connections' }).waitFor()
  const scrolls: Scrolls = { bare: [], connections: [], activity: [] }
  for (let round = 0; round < rounds; round += 1) {
    await bare.bringToFront()
    scrolls.bare.push((await scrollDown(bare)).framesASecond)
    await page.bringToFront()
    scrolls.connections.push(await scrollDown(page))
  }
  await page.goto(`${url}/#/activity`)
  await loadAll(page)
  for (let round = 0; round < rounds; round += 1) scrolls.activity.push(await scrollDown(page))
  return scrolls
}

/** Goes to the end until there is no more, as somebody does who keeps pressing End. */
async function loadAll(page: Page): Promise<void> {
  await page.getByRole('list', { name: 'Activity, newest first' }).waitFor()
  await page.evaluate(async () => {
    const scroller = document.querySelector('[data-scroller]')
    if (scroller === null) throw new Error('Nothing scrolls.')
    while (!document.body.textContent.includes('That is everything.')) {
      scroller.scrollTop = scroller.scrollHeight
      await new Promise((resolve) => requestAnimationFrame(resolve))
    }
  })
}

async function scrollDown(page: Page): Promise<Run> {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' })
  const worked = async (): Promise<number> => {
    const { metrics } = await cdp.send('Performance.getMetrics')
    return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN) * 1000
  }
  const before = await worked()
  const { frames, lastedMs } = await frameByFrame(page)
  const workMs = ((await worked()) - before) / frames
  await cdp.detach()
  return { framesASecond: (frames * 1000) / lastedMs, workMs }
}

function frameByFrame(page: Page): Promise<{ frames: number; lastedMs: number }> {
  return page.evaluate(
    async ({ lastMs, step }) => {
      const scroller = document.querySelector('[data-scroller]')
      if (scroller !== null)
        scroller.scrollTop = scroller.scrollTop > 20_000 ? scroller.scrollTop - 20_000 : 0
      const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve))
      const begun = await frame()
      let now = begun
      let frames = 0
      while (now - begun < lastMs) {
        if (scroller !== null) scroller.scrollTop += step
        now = await frame()
        frames += 1
      }
      return { frames, lastedMs: now - begun }
    },
    { lastMs: SCROLL_MS, step: PX_A_FRAME },
  )
}

function scrollFigures({ connections, activity }: Scrolls): Figure[] {
  const both = (what: string, runs: readonly Run[]): Figure[] => [
    {
      what: `scrolling through ${what}`,
      value: spreadOf(runs.map(({ framesASecond }) => framesASecond)),
      unit: ' fps',
      // What a display of 60 Hz shows, less what rounding takes.
      must: 59,
      aim: 60,
      better: 'higher',
    },
    {
      what: 'the main thread’s work for one of these frames',
      value: spreadOf(runs.map(({ workMs }) => workMs)),
      unit: ' ms',
      must: 12,
      aim: 6,
      better: 'lower',
    },
  ]
  return [...both('1,000 connections', connections), ...both('100,000 rows of activity', activity)]
}
