// The headless host as a program: reads its arguments, prints where the window is, ends when it is asked to.
import './some-home.ts'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import manifest from '../../package.json' with { type: 'json' }
import { asKeywayError, errorTable, KeywayError } from '../../shared/contract/errors.ts'
import type { Secret } from '../../shared/contract/secret.ts'
import { redactText } from '../../shared/domain/redact.ts'
import { noteUnhandled } from '../core/last-net.ts'
import { openDoorstep } from '../http/doorstep.ts'
import { outliveReaders } from './closed-output.ts'
import { readCommandLine, type CommandLine } from './command-line.ts'
import type { Headless } from './create-headless.ts'
import { dataLocation } from '../core/data-location.ts'
import { onEnterKey } from './enter-key.ts'
import { failureLine } from './failure-line.ts'
import { readPassphrase } from './passphrase-input.ts'
import { rememberedPort } from './remembered-port.ts'

/** Above what a rotation under way may take: cut off before its answer is saved, it would cost the grant. */
const CLOSE_LIMIT_MS = 26_000
const SAY_WHY_AFTER_MS = 3_000
const ANSWER_FIRST_MS = 5
/** No person is that fast; a library that raises the first signal again is. */
const AGAIN_AFTER_MS = 100
const END_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

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
    const askedToEnd = untilAskedToEnd()
    const headless = await start(asked.options, passphrase)
    catchTheRest(headless)
    const stopListening = onEnterKey(process.stdin, () => console.log(headless.launchUrl()))
    await askedToEnd
    stopListening()
    await closeInTime(headless)
    return 0
  } catch (error) {
    console.error(failureLine(error))
    return errorTable[asKeywayError(error).code].exit
  }
}

async function start(options: CommandLine, passphrase: Secret | null): Promise<Headless> {
  const place = { platform: process.platform, home: homedir(), environment: process.env }
  const dataFolder = dataLocation(options.data, place)
  const windowFolder = findWindow()
  const doorstep = await openDoorstep(options.port ?? rememberedPort(dataFolder))
  // Who has been waiting for it to listen is answered before the rest is loaded, which keeps this thread busy for a while.
  await pause(ANSWER_FIRST_MS)
  const { createHeadless } = await import('./create-headless.ts')
  const headless = await createHeadless({
    dataFolder,
    port: options.port ?? null,
    doorstep,
    windowFolder,
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
      : 'That link works once.',
  )
  return headless
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

function catchTheRest({ keyway: { logger } }: Headless): void {
  noteUnhandled(process, logger)
  // Node's own last words show source lines and whatever the error carries along.
  process.once('uncaughtException', (error) => {
    logger.error('Keyway cannot go on', { error })
    console.error(redactText(failureLine(error)))
    process.exit(1)
  })
}

function untilAskedToEnd(): Promise<void> {
  return new Promise((resolve) => {
    // Not `once`: a library below conf raises each signal a second time, and somebody must still be listening then.
    for (const signal of END_SIGNALS) process.on(signal, () => resolve())
  })
}

/** A second Ctrl+C, or a part that does not end, must not keep the process. */
async function closeInTime(headless: Headless): Promise<void> {
  const leave = (): never => process.exit(1)
  const again = setTimeout(() => {
    for (const signal of END_SIGNALS) process.once(signal, leave)
  }, AGAIN_AFTER_MS)
  const limit = setTimeout(leave, CLOSE_LIMIT_MS)
  const reason = setTimeout(
    () => console.log('Waiting for a provider, so that no renewed token is lost. Ctrl+C again ends at once.'),
    SAY_WHY_AFTER_MS,
  )
  await headless.close()
  clearTimeout(again)
  clearTimeout(limit)
  clearTimeout(reason)
}
