import { existsSync, readFileSync } from 'node:fs'
import { expect } from '@playwright/test'
import { test, type FixtureDesktop } from '../support/stand-in-fixture.ts'

/** A zombie has ended; only nobody has asked for its exit code yet. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  const statPath = `/proc/${pid}/stat`
  return !existsSync(statPath) || readFileSync(statPath, 'utf8').split(') ').at(-1)?.[0] !== 'Z'
}

async function readChromium({ app }: FixtureDesktop): Promise<{ pid: number; profilePath: string }> {
  const chromium = await app.evaluate(() => globalThis.__standIn.chromium())
  if (chromium === null) throw new Error('Chromium has not started.')
  // The positive control: both are there, so that their absence later means something.
  expect(isRunning(chromium.pid)).toBe(true)
  expect(existsSync(chromium.profilePath)).toBe(true)
  return chromium
}

function waitForExit({ app }: FixtureDesktop): Promise<number | null> {
  return new Promise((resolve) => {
    app.process().once('exit', resolve)
  })
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} quits the app in order and leaves no Chromium and no profile behind`, async ({
    launch,
  }) => {
    const desktop = await launch()
    const { pid, profilePath } = await readChromium(desktop)
    const exit = waitForExit(desktop)
    desktop.app.process().kill(signal)
    expect(await exit).toBe(0)
    expect(isRunning(pid)).toBe(false)
    expect(existsSync(profilePath)).toBe(false)
  })
}

test('a stand-in that is killed takes Chromium and its profile along', async ({ launch }) => {
  const desktop = await launch()
  const { pid, profilePath } = await readChromium(desktop)
  const exit = waitForExit(desktop)
  desktop.app.process().kill('SIGKILL')
  await exit
  await expect.poll(() => isRunning(pid)).toBe(false)
  await expect.poll(() => existsSync(profilePath)).toBe(false)
})

test('an app that exits by itself leaves nothing behind', async ({ launch }) => {
  const desktop = await launch()
  const { pid, profilePath } = await readChromium(desktop)
  const exit = waitForExit(desktop)
  await desktop.app.evaluate(() => {
    setImmediate(() => process.exit(7))
  })
  expect(await exit).toBe(7)
  await expect.poll(() => isRunning(pid)).toBe(false)
  await expect.poll(() => existsSync(profilePath)).toBe(false)
})

test('the app ends with an error when Chromium is killed', async ({ launch }) => {
  const desktop = await launch()
  const { pid, profilePath } = await readChromium(desktop)
  const exit = waitForExit(desktop)
  process.kill(pid, 'SIGKILL')
  expect(await exit).toBe(1)
  expect(existsSync(profilePath)).toBe(false)
})

test('quit asks the app and its windows in the order of Electron, and a window can refuse', async ({
  launch,
}) => {
  const desktop = await launch()
  await desktop.app.evaluate(({ app }) => {
    globalThis.fixture.allowsClosing = false
    app.quit()
  })
  expect(await desktop.log()).toEqual(['before-quit', 'close'])
  expect(desktop.app.windows()).toHaveLength(1)
  expect(await desktop.window.evaluate(() => globalThis.fixture.call('echo', 'alive'))).toEqual(['alive'])

  await desktop.app.evaluate(({ app }) => {
    const { log } = globalThis.fixture
    globalThis.fixture.allowsClosing = true
    for (const name of ['will-quit', 'quit'] as const) app.on(name as 'quit', () => log.push(name))
    app.on('quit', () => process.stdout.write(log.join(' ')))
  })
  let output = ''
  desktop.app.process().stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  const exit = waitForExit(desktop)
  await desktop.close()
  expect(await exit).toBe(0)
  expect(output).toContain('before-quit close before-quit close closed will-quit quit')
})

test('the app ends with its last window unless it listens', async ({ launch }) => {
  const desktop = await launch()
  await desktop.app.evaluate(({ app, BrowserWindow }) => {
    app.once('window-all-closed', () => globalThis.fixture.log.push('window-all-closed'))
    BrowserWindow.getAllWindows()[0]?.close()
  })
  expect(await desktop.log()).toEqual(['close', 'closed', 'window-all-closed'])
  const opening = desktop.app.waitForEvent('window')
  await desktop.clickTray('Open')
  const window = await opening
  await window.waitForFunction(() => globalThis.moduleScriptRan)

  const exit = waitForExit(desktop)
  await desktop.app.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]?.destroy()
  })
  expect(await exit).toBe(0)
})
