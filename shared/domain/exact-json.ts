// The reader for all JSON from outside. JSON.parse converts each number to a double, and above 2^53 two
// identifiers can become equal (RFC 8259 section 6). Here a number that a double cannot hold stays as
// written.
import { withoutTrailing } from './without-trailing.ts'

/**
 * JSON.parse source text access of ES2026 (Node 21, Chromium 114); the compiler's library does not declare it
 * yet.
 */
type SourceText = {
  rawJSON(text: string): unknown
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown
}
const withSource = JSON as unknown as SourceText

/**
 * Like JSON.parse, but a number that a double cannot hold becomes a string with its exact decimal digits:
 * integers beyond 2^53 - 1 and any other number with more digits than a double keeps. With fewer than 16
 * digits a double keeps them all, so `1e20` stays a number; {@link numberText} returns its digits. A byte
 * order mark is skipped.
 * @throws SyntaxError
 */
export function parseJson(text: string): unknown {
  const body = withoutMark(text)
  return holdsLongNumber(body) ? withNumbers(body, exactValue) : (JSON.parse(body) as unknown)
}

/** The value, or undefined where the text is not JSON. */
export function parseJsonOr(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

/**
 * For JSON that is only written again: JSON.stringify of the result has each number as written here. To read
 * a value in it, use {@link parseJson}.
 * @throws SyntaxError
 */
export function parseJsonAsWritten(text: string): unknown {
  const body = withoutMark(text)
  // Without a point, an exponent, a negative zero or many digits, each number is written as it was.
  if (!/\d[.eE]|-0|\d{16}/.test(body)) return JSON.parse(body) as unknown
  return withNumbers(body, (value, source) => (String(value) === source ? value : withSource.rawJSON(source)))
}

const withoutMark = (text: string): string => (text.startsWith('\uFEFF') ? text.slice(1) : text)

function withNumbers(text: string, of: (value: number, source: string) => unknown): unknown {
  try {
    return withSource.parse(text, (_key, value, { source }) =>
      typeof value === 'number' && source !== undefined ? of(value, source) : value,
    )
  } catch (error) {
    // JSON.parse has no depth limit; the reviver is called level by level.
    if (error instanceof RangeError) throw new SyntaxError('The JSON is nested too deeply.', { cause: error })
    throw error
  }
}

/** The smallest number of digits of which a double may lose one. */
const RUN = 16

/**
 * Whether the text has that many digits in a row outside of strings. Checks only every sixteenth character.
 */
function holdsLongNumber(text: string): boolean {
  for (let at = RUN - 1; at < text.length; at += RUN) {
    if (!isOfNumber(text.charCodeAt(at))) continue
    let start = at
    while (start > 0 && isOfNumber(text.charCodeAt(start - 1))) start -= 1
    let end = at + 1
    while (end < text.length && isOfNumber(text.charCodeAt(end))) end += 1
    if (end - start >= RUN && standsAlone(text, start)) return true
    at = end - (end % RUN) - 1
  }
  return false
}

/** A digit or the point. */
const isOfNumber = (code: number): boolean => code <= 57 && code >= 46 && code !== 47

/** Whether a number may begin here, not part of a string: hashes and tokens are full of digits too. */
function standsAlone(text: string, start: number): boolean {
  let before = start - 1
  if (text[before] === '-') before -= 1
  while (' \t\r\n'.includes(text[before] ?? '.')) before -= 1
  return before < 0 || ':,['.includes(text[before] ?? '')
}

function exactValue(value: number, source: string): number | string {
  if (Number.isSafeInteger(value) && !/[.eE]/.test(source)) return value
  const written = decimal(source)
  if (written === null) return source
  const isLarge = !written.includes('.') && !Number.isSafeInteger(value)
  return !isLarge && decimal(String(value)) === written ? value : written
}

/** The digits of a number without exponent, equal for equal numbers; null for anything else. */
export function numberText(value: number): string | null {
  return Number.isFinite(value) ? (decimal(String(value)) ?? String(value)) : null
}

/** Longer than any identifier; prevents writing out `1e999999999`. */
const MOST_DIGITS = 1000

/**
 * The digits of a number without exponent and redundant zeros, so that each number has one text; null when
 * they are too many.
 */
function decimal(source: string): string | null {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/.exec(source) ?? []
  const digits = whole + fraction
  const point = whole.length + Number(power)
  if (Math.abs(point) > MOST_DIGITS || digits.length > MOST_DIGITS) return null
  const before = digits.slice(0, Math.max(0, point)).padEnd(Math.max(0, point), '0')
  const after = '0'.repeat(Math.max(0, -point)) + digits.slice(Math.max(0, point))
  const wholePart = before.replace(/^0+/, '') || '0'
  const fractionPart = withoutTrailing(after, '0')
  const text = fractionPart === '' ? wholePart : `${wholePart}.${fractionPart}`
  return text === '0' ? text : sign + text
}
