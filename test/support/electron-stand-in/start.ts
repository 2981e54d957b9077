// The stand-in's main program: what Electron's binary does with its command line, on Node.
import inspector from 'node:inspector'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { findChromium } from '../chromium.ts'
import { readAppManifest } from './app/app-manifest.ts'
import { createChromiumOnDemand } from './chromium/chromium-on-demand.ts'
import { createElectron } from './create-electron.ts'
import { dressProcess, readElectronVersion } from './electron-facts.ts'
import { readLaunchArguments } from './launch-arguments.ts'
import { hookElectron } from './module-hook.ts'

const recorderUrl = new URL('../desktop-recorder.cjs', import.meta.url)
const topLevelAwaitLimitMs = 10_000
const orphanCheckMs = 500

/** Playwright calls this once it is connected; until then the app does not become ready. */
function waitForDriver(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  Object.defineProperty(globalThis, '__playwright_run', { value: resolve })
  return promise
}

/** A driver that was killed cannot say goodbye: somebody else becomes the parent. */
function whenOrphaned(leave: () => void): void {
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    leave()
  }, orphanCheckMs)
  watch.unref()
}

async function importApp(entryPath: string): Promise<void> {
  const warning = setTimeout(() => {
    console.error(
      `${entryPath} is still loading. If it awaits app.whenReady() at top level, Electron would hang too.`,
    )
  }, topLevelAwaitLimitMs)
  await import(pathToFileURL(entryPath).href)
  clearTimeout(warning)
}

async function main(): Promise<void> {
  const executable = process.env['KEYWAY_STAND_IN_EXECUTABLE'] ?? process.execPath
  const launch = readLaunchArguments(executable, process.argv.slice(2))
  const version = readElectronVersion()
  if (launch.switches.has('version')) {
    console.log(`v${version}`)
    return
  }
  if (launch.appPath === null) throw new Error('Name an app: a folder with a package.json, or a script.')
  const manifest = readAppManifest(launch.appPath, version)
  dressProcess(executable, launch.processArgv, version)

  const chromium = createChromiumOnDemand(findChromium())
  const { electron, app, safeStorage } = createElectron({
    executable,
    launch,
    manifest,
    cdp: async () => (await chromium.start()).cdp,
    cleanUp: chromium.end,
  })
  hookElectron(electron)
  const standIn = { requests: app.requests, setSafeStorage: safeStorage.setMood, chromium: chromium.facts }
  Object.defineProperty(globalThis, '__standIn', { value: standIn })

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // As Electron does; a second signal does not wait for windows that refuse to close.
    process.once(signal, () => {
      process.once(signal, () => {
        app.app.exit(1)
      })
      app.app.quit()
    })
  }

  const driver = launch.isDriven ? waitForDriver() : Promise.resolve()
  if (launch.isDriven) {
    whenOrphaned(() => {
      app.app.exit(1)
    })
    inspector.open(0, '127.0.0.1')
    void chromium.start().then(({ devToolsUrl }) => {
      console.error(`\nDevTools listening on ${devToolsUrl}`)
    })
  }
  const require = createRequire(import.meta.url)
  for (const path of [fileURLToPath(recorderUrl), ...launch.requires]) require(path)
  await importApp(manifest.entryPath)
  await driver
  app.start()
}

await main()
