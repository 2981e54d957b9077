import { numberText, parseJson } from './exact-json.ts'

/**
 * Reads `a.b[0].c` from a parsed JSON value; `$` is the whole value. A name with dots, such as
 * `https://example.com/email`, is found where a member has exactly that name. Own properties only, so that a
 * hostile body cannot reach a prototype.
 */
export function readPath(value: unknown, path: string): unknown {
  const inner = path.replace(/^\$\.?/, '')
  if (isObject(value) && Object.hasOwn(value, inner)) return value[inner]
  return readSteps(
    value,
    inner.split(/\.|(?=\[)/).filter((step) => step !== ''),
  )
}

function readSteps(value: unknown, steps: readonly string[]): unknown {
  if (steps.length === 0) return value
  if (!isObject(value)) return undefined
  // The longest name that is there.
  for (let end = steps.length; end > 0; end -= 1) {
    const name = steps
      .slice(0, end)
      .join('.')
      .replace(/^\[(\d+)\]$/, '$1')
    if (Object.hasOwn(value, name)) return readSteps(value[name], steps.slice(end))
  }
  return undefined
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object'

/** The text of a string, number or boolean at `path`; null for anything else. */
export function readText(value: unknown, path: string): string | null {
  const found = readPath(value, path)
  return typeof found === 'boolean' ? String(found) : textOf(found)
}

/** A string or a number as text, equal for equal numbers; null for anything else. */
export function textOf(value: unknown): string | null {
  if (typeof value === 'number') return numberText(value)
  return typeof value === 'string' && value !== '' ? value : null
}

// Finds the position where a text stops being JSON. The engine's own message quotes the text around it, which
// may hold secrets.

export type JsonRead = { ok: true; value: unknown } | { ok: false; line: number; column: number }

/** The parsed value, or the line and column (from 1) of the first unexpected character. */
export function readJson(text: string): JsonRead {
  try {
    return { ok: true, value: parseJson(text) }
  } catch {
    const before = text.slice(0, firstMisfit(text)).split('\n')
    return { ok: false, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
  }
}

type Expected = 'value' | 'value or end' | 'name' | 'name or end' | 'colon' | 'comma or end' | 'nothing'

const TOKEN =
  /[\s]*(?:("(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)|([{}[\],:]))/uy

function firstMisfit(text: string): number {
  const open: ('{' | '[')[] = []
  let expected: Expected = 'value'
  TOKEN.lastIndex = 0
  for (let at = 0; ; at = TOKEN.lastIndex) {
    const [, string, scalar, sign] = TOKEN.exec(text) ?? []
    const isToken = string !== undefined || scalar !== undefined || sign !== undefined
    const next: Expected | null = isToken
      ? after(expected, { isText: string !== undefined, isScalar: scalar !== undefined, sign }, open)
      : null
    if (next === null) return at + (text.slice(at).length - text.slice(at).trimStart().length)
    expected = next
  }
}

type Token = { isText: boolean; isScalar: boolean; sign: string | undefined }

/** What may follow the token, or null when the token itself is unexpected. */
function after(expected: Expected, { isText, isScalar, sign }: Token, open: ('{' | '[')[]): Expected | null {
  const wantsValue = expected === 'value' || expected === 'value or end'
  const done = (): Expected => (open.length === 0 ? 'nothing' : 'comma or end')
  if (wantsValue && (isText || isScalar)) return done()
  if (isText) return expected === 'name' || expected === 'name or end' ? 'colon' : null
  if (wantsValue && (sign === '{' || sign === '[')) {
    open.push(sign)
    return sign === '{' ? 'name or end' : 'value or end'
  }
  if (sign === ':') return expected === 'colon' ? 'value' : null
  if (sign === ',' && expected === 'comma or end') return open.at(-1) === '{' ? 'name' : 'value'
  const closes = sign === '}' ? '{' : sign === ']' ? '[' : null
  if (closes === null || open.at(-1) !== closes) return null
  if (expected !== 'comma or end' && expected !== 'name or end' && expected !== 'value or end') return null
  open.pop()
  return done()
}
