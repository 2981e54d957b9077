// Starts headless Chromium and makes sure that it never outlives the stand-in, however the stand-in ends.
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { createCdp, type Cdp } from './cdp.ts'

export type ChromiumProcess = {
  readonly cdp: Cdp
  readonly pid: number
  readonly profilePath: string
  /** The web socket that Playwright connects to. */
  readonly devToolsUrl: string
  /** Resolves with the last lines of its output once it has ended and its profile is gone. */
  readonly ended: Promise<string>
  /** Ends it at once: the profile is thrown away, so there is nothing to save. */
  kill(): void
}

const flags = [
  '--headless',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-breakpad',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-dev-shm-usage',
  '--disable-extensions',
  `--disable-features=${[
    'AvoidCorsURLLoaderRestartOnRedirect',
    'HttpsUpgrades',
    'MediaRouter',
    'OptimizationGuideModelExecution',
    'OptimizationGuideOnDeviceModel',
    'OptimizationHints',
    'OnDeviceModelService',
    'PaintHolding',
    'Translate',
  ].join()}`,
  '--disable-renderer-backgrounding',
  '--disable-sync',
  '--force-color-profile=srgb',
  '--metrics-recording-only',
  '--no-default-browser-check',
  '--no-first-run',
  '--no-sandbox',
  '--no-startup-window',
  '--password-store=basic',
  '--use-mock-keychain',
  // The pipe is the stand-in's; Chromium ends when its other end closes, even after kill -9. The port is
  // Playwright's.
  '--remote-debugging-pipe',
  '--remote-debugging-port=0',
]

/** Outlives the stand-in by the moment that it takes to remove the profile. */
const guardScript = `
profile=$1; shift
mkdir -m 700 "$profile" || exit 1
"$@" &
chromium=$!
# Whoever reads this may be dead by now; that must not end the guard before its work is done.
trap '' PIPE
echo "stand-in: Chromium is process $chromium" >&2
exec 2>/dev/null
wait $chromium
for attempt in 1 2 3 4 5 6 7 8 9 10; do
  rm -rf "$profile" && break
  sleep 0.1
done`

const rememberedLines = 20

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

export async function startChromium(executable: string): Promise<ChromiumProcess> {
  // Made and removed by the guard, so that it stays behind in no case.
  const profilePath = join(tmpdir(), `keyway-stand-in-${randomUUID()}`)
  const guard = spawn(
    '/bin/sh',
    [
      '-c',
      guardScript,
      'chromium-guard',
      profilePath,
      executable,
      ...flags,
      `--user-data-dir=${profilePath}`,
    ],
    // Its own process group: Ctrl-C in a terminal is for the app, which may want to close its windows first.
    { stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'], detached: true },
  )
  const [, , errors, input, output] = guard.stdio as [null, null, Readable, Writable, Readable]
  const lines: string[] = []
  const ended = new Promise<string>((resolve) => {
    guard.once('close', () => {
      resolve(lines.join('\n'))
    })
  })
  const cdp = createCdp(output, input)
  const readLine = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      reader.on('line', (line) => {
        const found = pattern.exec(line)?.[1]
        if (found !== undefined) resolve(found)
      })
      void ended.then((text) => {
        reject(new Error(`Chromium (${executable}) did not start.\n${text}`))
      })
    })
  const reader = createInterface({ input: errors })
  reader.on('line', (line) => {
    lines.push(line)
    if (lines.length > rememberedLines) lines.shift()
  })
  const [pidText, devToolsUrl] = await Promise.all([
    readLine(/^stand-in: Chromium is process (\d+)$/),
    readLine(/^DevTools listening on (ws:\/\/.*)$/),
  ])
  const pid = Number(pidText)
  return {
    cdp,
    pid,
    profilePath,
    devToolsUrl,
    ended,
    kill: () => {
      killIfAlive(pid)
    },
  }
}
