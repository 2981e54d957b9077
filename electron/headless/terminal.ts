// Input and output of the headless host at its terminal.
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
 * The reader of the output may close it (`… | head`, a closed terminal), and a log's disk may be full. Output
 * is discarded then, and the process keeps running.
 */
export function ignoreClosedOutput(...outputs: readonly Writable[]): void {
  for (const output of outputs) output.on('error', () => undefined)
}

/**
 * Each press of Enter at the terminal calls `onEnter`. No effect without a terminal. Returns a function that
 * stops it.
 */
export function onEnterKey(input: ReadStream, onEnter: () => void): () => void {
  if (!input.isTTY) return () => undefined
  input.on('data', onEnter)
  // Reading must not keep the process alive.
  input.unref()
  return () => {
    input.off('data', onEnter)
    input.pause()
  }
}

/**
 * Shows the codes that windows opened from a shell ask for; never when the output is a file or a pipe, which
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
 * Reads the first line of a stream as a passphrase. @throws KeywayError `invalid_request` when it is empty or
 * too long.
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

/** Why the host could not start, for a terminal: one line with the next step, no stack trace. */
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

/** The meaning of the system's error codes where the next step depends on it. */
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

// The next steps of the error table assume a running Keyway.
const stepsAtStart: Partial<Record<ErrorCode, string>> = {
  save_failed: 'Make that writable, or choose another folder with --data.',
  disk_full: 'Free some space, or choose another folder with --data.',
}

function stepOf(error: KeywayError): string {
  const step = nextStepFor('terminal', error)
  return step === errorTable[error.code].nextStep.terminal ? (stepsAtStart[error.code] ?? step) : step
}
