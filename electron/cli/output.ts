import type { Readable, Writable } from 'node:stream'
import { KeywayCallError } from '../../shared/client/call-error.ts'
import { asKeywayError, KeywayError } from '../../shared/contract/errors.ts'
import { errorResponseSchema } from '../../shared/contract/http-api.ts'

/** Input and output of the command line. `isTTY`: connected to a terminal. */
export type Terminal = {
  environment: Readonly<Record<string, string | undefined>>
  stdin: Readable & { isTTY?: boolean }
  stdout: Writable & { isTTY?: boolean }
  stderr: Writable & { isTTY?: boolean }
}

/** Why standard output cannot be written. */
export function unwritable(cause: NodeJS.ErrnoException): KeywayError {
  if (cause.code === 'EPIPE') {
    return new KeywayError('save_failed', {
      message: 'Whatever reads the output closed it before its end.',
      nextStep: 'Nothing to do if it had what it needed.',
      cause,
    })
  }
  return new KeywayError(cause.code === 'ENOSPC' || cause.code === 'EDQUOT' ? 'disk_full' : 'save_failed', {
    message: `Standard output could not be written (${cause.code ?? cause.message}).`,
    nextStep: 'Free some space there, or send the output elsewhere.',
    cause,
  })
}

export function say(stream: Writable, ...lines: string[]): void {
  stream.write(`${lines.map(printable).join('\n')}\n`)
}

/**
 * Names from elsewhere (accounts, providers, apps) must not control the terminal, reorder the line, or hide.
 * They are escaped as in JSON, so JSON output stays equivalent. Elsewhere, right-to-left text is isolated so
 * that it does not reorder the text around it.
 */
function printable(line: string): string {
  const text = harmless(line)
  return /^[[{]/.test(text) ? text : text.replaceAll(RIGHT_TO_LEFT, '\u2068$&\u2069')
}

/** For text that arrives in chunks, such as a response body: line ends and tabs stay. */
export function harmless(text: string): string {
  return text.replaceAll(STEERING, (hidden) => {
    const units = Array.from({ length: hidden.length }, (_, index) => hidden.charCodeAt(index))
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
  })
}

const STEERING =
  /[^\P{Cc}\n\t]|[\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]|(?!\u200C|\u200D|\uFE0E|\uFE0F)\p{Default_Ignorable_Code_Point}/gu
const LETTER = '[\\u0590-\\u08FF\\uFB1D-\\uFDFF\\uFE70-\\uFEFE\\u{10800}-\\u{10FFF}\\u{1E800}-\\u{1EFFF}]'
// Within one word or between words of one name; two adjacent names stay in their order (UAX 9, FSI and PDI).
const RIGHT_TO_LEFT = new RegExp(`${LETTER}(?:(?:\\u200C|\\u200D|[ '’-])?${LETTER})*`, 'gu')

/** Aligned columns, for people. */
export function table(rows: ReadonlyArray<readonly string[]>): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** The same failure with a note about its subject and the state of the rest. */
export function withNote(thrown: unknown, { about, note }: { about: string; note: string }): Error {
  const message = (text: string): string => `${about}: ${text} ${note}`
  if (thrown instanceof KeywayCallError) {
    const body = errorResponseSchema.parse(thrown.body)
    return new KeywayCallError(thrown.status, { ...body, message: message(body.message), about })
  }
  const { code, nextStep, details, cause, message: text } = asKeywayError(thrown)
  return new KeywayError(code, { message: message(text), nextStep, details: { ...details, about }, cause })
}
