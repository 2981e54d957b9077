// The headless host as a program: reads its arguments, prints the window's URL, shuts down on a signal.
import './home-folder.ts'
import { ignoreClosedOutput, onEnterKey, showCodes, readPassphrase, failureLine } from './terminal.ts'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import manifest from '../../package.json' with { type: 'json' }
import { asKeywayError, errorTable, KeywayError } from '../../shared/contract/errors.ts'
import type { Secret } from '../../shared/contract/secret.ts'
import { redactText } from '../../shared/domain/redact.ts'
import { logUnhandledRejections } from '../core/logging/log-file.ts'
import { listenForShutdown, shutDown, type ShutdownSignal } from '../core/shutdown.ts'
import { dataLocation } from '../core/storage/data-folder.ts'
import { openStartupListener } from '../http/server/startup-listener.ts'
import { type CommandLine, readCommandLine, rememberedPort } from './command-line.ts'
import type { Headless } from './headless.ts'

const ANSWER_FIRST_MS = 5

ignoreClosedOutput(process.stdout, process.stderr)
void run(process.argv.slice(2)).then((code) => (process.exitCode = code))

async function run(argv: readonly string[]): Promise<number> {
  try {
    const asked = readCommandLine(argv, manifest.version)
    if (asked.kind === 'print') {
      console.log(asked.text)
      return 0
    }
    const passphrase = asked.options.passphraseStdin ? await readPassphrase(process.stdin) : null
    // Installed before anything is opened: a caller that sees a response may send a signal at once.
    const shutdown = untilShutdown()
    const headless = await start(asked.options, passphrase, shutdown.takeOver).catch((error: unknown) =>
      asKeywayError(error).code === 'data_folder_busy'
        ? openRunningInstance(asked.options, error)
        : Promise.reject(error),
    )
    if (headless === null) return 0
    logUnhandled(headless)
    const stopListening = onEnterKey(process.stdin, () => console.log(headless.launchUrl()))
    const stopShowing = showCodes(process.stdout, headless.keyway.presence)
    await shutdown.requested
    stopListening()
    stopShowing()
    await closeAll(headless, shutdown.onRepeated)
    return 0
  } catch (error) {
    console.error(failureLine(error))
    return errorTable[asKeywayError(error).code].exit
  }
}

async function start(
  options: CommandLine,
  passphrase: Secret | null,
  onLoaded: () => void,
): Promise<Headless> {
  const dataFolder = folderOf(options)
  const windowFolder = findWindow()
  const startupListener = await openStartupListener(options.port ?? rememberedPort(dataFolder))
  // Waiting requests are answered before the rest is loaded, which blocks this thread for a while.
  await pause(ANSWER_FIRST_MS)
  const { createHeadless } = await import('./headless.ts')
  onLoaded()
  const headless = await createHeadless({
    dataFolder,
    port: options.port ?? null,
    startupListener,
    windowFolder,
    ...readerFile(),
    passphrase,
    keychain: 'used',
    logLevel: options.logLevel,
    version: manifest.version,
    environment: process.env,
  })
  console.log(`Keyway answers at ${headless.url}`)
  const opened = options.open ? await headless.openWindow() : null
  if (opened?.opened === false) console.log(`No browser was opened: ${opened.reason}`)
  console.log(`Open ${headless.launchUrl()}`)
  console.log(
    process.stdin.isTTY
      ? 'That link works once; press Enter for a fresh one. Ctrl+C ends Keyway.'
      : 'That link works once; "keyway open" opens the window again.',
  )
  return headless
}

function folderOf({ data }: CommandLine): string {
  return dataLocation(data, { platform: process.platform, home: homedir(), environment: process.env })
}

/** Null: another Keyway owns the folder, and its window was opened instead. */
async function openRunningInstance(options: CommandLine, busy: unknown): Promise<null> {
  const { openRunning } = await import('./open-running.ts')
  const dataFolder = folderOf(options)
  const { open } = options
  if (await openRunning({ dataFolder, open, environment: process.env, say: console.log })) return null
  throw busy
}

/** Next to the bundle, or in the build's output when this runs from source. */
function findWindow(): string {
  const places = [join('..', 'renderer'), join('..', '..', 'out', 'renderer')]
  const found = places
    .map((place) => join(import.meta.dirname, place))
    .find((folder) => existsSync(join(folder, 'index.html')))
  if (found !== undefined) return found
  throw new KeywayError('internal_error', {
    message: 'The window has not been built.',
    nextStep: 'Run "npm run build" first.',
  })
}

/** Next to the bundle; from source when this runs from source. */
function readerFile(): { readerFile?: string } {
  const built = join(import.meta.dirname, 'reader-worker.js')
  return existsSync(built) ? { readerFile: built } : {}
}

function logUnhandled({ keyway: { logger } }: Headless): void {
  logUnhandledRejections(process, logger)
  // Node's own report prints source lines and all properties of the error.
  process.once('uncaughtException', (error) => {
    logger.error('Keyway cannot go on', { error })
    console.error(redactText(failureLine(error)))
    process.exit(1)
  })
}

type Requests = {
  requested: Promise<void>
  /** Removes other listeners of these signals. */
  takeOver(): void
  onRepeated(listener: (signal: ShutdownSignal) => void): void
}

function untilShutdown(): Requests {
  const { promise: requested, resolve } = Promise.withResolvers<void>()
  let repeated: (signal: ShutdownSignal) => void = () => undefined
  let isRequested = false
  const { takeOver } = listenForShutdown(process, (signal) => {
    if (isRequested) repeated(signal)
    isRequested = true
    resolve()
  })
  return { requested, takeOver, onRepeated: (listener) => void (repeated = listener) }
}

async function closeAll(headless: Headless, onRepeated: Requests['onRepeated']): Promise<void> {
  const { ended, signal } = shutDown({
    clock: headless.keyway.clock,
    close: headless.close,
    refreshUnderWay: headless.keyway.refreshUnderWay,
    isTerminal: process.stdin.isTTY,
    say: (text) => console.log(text),
  })
  onRepeated(signal)
  if ((await ended) === 'gave up') process.exit(1)
}

// The terminal that started Keyway: only the person reads and types there.
