// Imported before anything else: conf asks for the home folder while it is loaded, and Node throws where the user has none (a bare
// container with HOME unset). The file system's root then stands for it, where nothing can be written: the person is told to use --data.
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import type { ReadStream, WriteStream } from 'node:tty'
import manifest from '../../package.json' with { type: 'json' }
import {
  asKeywayError,
  type ErrorCode,
  errorTable,
  KeywayError,
  nextStepFor,
} from '../../shared/contract/errors.ts'
import { Secret } from '../../shared/contract/secret.ts'
import { redactText } from '../../shared/domain/redact.ts'
import { noteUnhandled } from '../core/logging/log-file.ts'
import type { Presence } from '../core/presence/presence.ts'
import { listenForShutdown, shutDown, type ShutdownSignal } from '../core/shutdown.ts'
import { dataLocation } from '../core/storage/data-folder.ts'
import { openDoorstep } from '../http/server/startup-listener.ts'
import { type CommandLine, readCommandLine } from './command-line.ts'
import { type Headless, rememberedPort } from './headless.ts'

try {
  homedir()
} catch {
  process.env['HOME'] = '/'
}

// The headless host as a program: reads its arguments, prints where the window is, ends when it is asked to.

const ANSWER_FIRST_MS = 5

outliveReaders(process.stdout, process.stderr)
void run(process.argv.slice(2)).then((code) => (process.exitCode = code))

async function run(argv: readonly string[]): Promise<number> {
  try {
    const asked = readCommandLine(argv, manifest.version)
    if (asked.kind === 'print') {
      console.log(asked.text)
      return 0
    }
    const passphrase = asked.options.passphraseStdin ? await readPassphrase(process.stdin) : null
    // From the first moment in which something is open: whoever sees it answer may already want it to end.
    const shutdown = untilShutdown()
    const headless = await start(asked.options, passphrase, shutdown.takeOver).catch((error: unknown) =>
      asKeywayError(error).code === 'data_folder_busy'
        ? openTheRunning(asked.options, error)
        : Promise.reject(error),
    )
    if (headless === null) return 0
    catchTheRest(headless)
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
  const doorstep = await openDoorstep(options.port ?? rememberedPort(dataFolder))
  // Who has been waiting for it to listen is answered before the rest is loaded, which keeps this thread busy for a while.
  await pause(ANSWER_FIRST_MS)
  const { createHeadless } = await import('./headless.ts')
  onLoaded()
  const headless = await createHeadless({
    dataFolder,
    port: options.port ?? null,
    doorstep,
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

/** Null: the window of the Keyway that owns the folder was opened in place of a second one. */
async function openTheRunning(options: CommandLine, busy: unknown): Promise<null> {
  const { openRunning } = await import('./open-running.ts')
  const dataFolder = folderOf(options)
  const { open } = options
  if (await openRunning({ dataFolder, open, environment: process.env, say: console.log })) return null
  throw busy
}

/** Beside the bundle, or where the build puts it when this runs from its sources. */
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

/** Beside the bundle; when this runs from its sources, the reader does too. */
function readerFile(): { readerFile?: string } {
  const built = join(import.meta.dirname, 'reader-worker.js')
  return existsSync(built) ? { readerFile: built } : {}
}

function catchTheRest({ keyway: { logger } }: Headless): void {
  noteUnhandled(process, logger)
  // Node's own last words show source lines and whatever the error carries along.
  process.once('uncaughtException', (error) => {
    logger.error('Keyway cannot go on', { error })
    console.error(redactText(failureLine(error)))
    process.exit(1)
  })
}

type Requests = {
  requested: Promise<void>
  /** Other listeners of these signals go. */
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

/**
 * Whoever read along may leave (`… | head`, a terminal that is gone), and a log's disk may be full: what is said then goes nowhere, and
 * the work goes on.
 */
export function outliveReaders(...outputs: readonly Writable[]): void {
  for (const output of outputs) output.on('error', () => undefined)
}

// The terminal that started Keyway: whoever reads and types there is the person.

/** Each press of Enter at the terminal calls `onEnter`. Does nothing without a terminal. Returns what ends it. */
export function onEnterKey(input: ReadStream, onEnter: () => void): () => void {
  if (!input.isTTY) return () => undefined
  input.on('data', onEnter)
  // Listening must not be what keeps the process alive.
  input.unref()
  return () => {
    input.off('data', onEnter)
    input.pause()
  }
}

/** Shows the codes that windows opened from a shell ask for; never where the output is a file or a pipe, which a program can read. */
export function showCodes(output: WriteStream, presence: Pick<Presence, 'attachTerminal'>): () => void {
  if (!output.isTTY) return () => undefined
  const shown = new Set<string>()
  return presence.attachTerminal((codes) => {
    for (const { id, code } of codes) {
      if (shown.has(id)) continue
      shown.add(id)
      output.write(
        `A window that was opened from a shell asks for a proof that it is you. Its code: ${code} (for two minutes).\n` +
          'Type it only into a window that you opened yourself.\n',
      )
    }
  })
}

const MAX_BYTES = 4096

/** The first line of a stream as a passphrase. @throws KeywayError `invalid_request` when it is empty or too long to be one. */
export async function readPassphrase(input: AsyncIterable<Uint8Array>): Promise<Secret> {
  let bytes = Buffer.alloc(0)
  for await (const chunk of input) {
    bytes = Buffer.concat([bytes, chunk])
    if (bytes.includes('\n') || bytes.length > MAX_BYTES) break
  }
  const [line = ''] = bytes.toString('utf8').split(/\r?\n/, 1)
  bytes.fill(0)
  if (line !== '' && line.length <= 1000) return new Secret(line)
  throw new KeywayError('invalid_request', {
    message: line === '' ? 'No passphrase came on standard input.' : 'The passphrase is too long.',
    nextStep: 'Give it as the first line of standard input, at most 1000 characters.',
    details: { field: 'passphrase' },
  })
}

/** Why the host could not start, for a terminal: one line, what to do now, no stack. */
export function failureLine(thrown: unknown): string {
  const error = asKeywayError(thrown)
  return `keyway: ${[error.message, ...factsOf(error), stepOf(error)].join(' ')}`.replaceAll(/\s+/g, ' ')
}

function factsOf({ cause, code, details }: KeywayError): string[] {
  const { file, reason, url } = details
  if (code === 'data_folder_busy' && typeof url === 'string') return [`It answers at ${url}.`]
  if ((code === 'save_failed' || code === 'disk_full') && typeof file === 'string') {
    const why = reasons[String(reason)]
    return [`(${why === undefined ? file : `${file}: ${why}`})`]
  }
  if (code === 'internal_error' && cause instanceof Error) return [`(${cause.message})`]
  return []
}

/** What the system's codes mean, where the way out depends on it. */
const reasons: Record<string, string> = {
  EACCES: 'not allowed',
  EEXIST: 'something else has that name',
  ENOENT: 'no folder can be made there',
  ELOOP: 'links in a circle',
  ENAMETOOLONG: 'the name is too long',
  ENOTDIR: 'a file is where a folder should be',
  EPERM: 'not allowed',
  EROFS: 'the disk is read-only',
}

// The table's steps speak of a Keyway that runs and tries again.
const stepsAtStart: Partial<Record<ErrorCode, string>> = {
  save_failed: 'Make that writable, or choose another folder with --data.',
  disk_full: 'Free some space, or choose another folder with --data.',
}

function stepOf(error: KeywayError): string {
  const step = nextStepFor('terminal', error)
  return step === errorTable[error.code].nextStep.terminal ? (stepsAtStart[error.code] ?? step) : step
}
