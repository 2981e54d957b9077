// What the headless host reads from its terminal and says there.
import type { Writable } from 'node:stream'
import type { ReadStream, WriteStream } from 'node:tty'
import {
  asKeywayError,
  type ErrorCode,
  errorTable,
  KeywayError,
  nextStepFor,
} from '../../shared/contract/errors.ts'
import { Secret } from '../../shared/contract/secret.ts'
import type { Presence } from '../core/presence/presence.ts'

/**
 * Whoever read along may leave (`… | head`, a terminal that is gone), and a log's disk may be full: what is
 * said then goes nowhere, and the work goes on.
 */
export function ignoreClosedOutput(...outputs: readonly Writable[]): void {
  for (const output of outputs) output.on('error', () => undefined)
}

/**
 * Each press of Enter at the terminal calls `onEnter`. Does nothing without a terminal. Returns what ends it.
 */
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

/**
 * Shows the codes that windows opened from a shell ask for; never where the output is a file or a pipe, which
 * a program can read.
 */
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

/**
 * The first line of a stream as a passphrase. @throws KeywayError `invalid_request` when it is empty or too
 * long to be one.
 */
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
