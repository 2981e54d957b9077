import { numberText, parseJson } from './exact-json.ts'

/**
 * Reads `a.b[0].c` from a parsed JSON value; `$` is the whole value. Own properties only, so that a hostile
 * body cannot reach a prototype.
 */
export function readPath(value: unknown, path: string): unknown {
  let current = value
  for (const step of stepsOf(path)) {
    if (current === null || typeof current !== 'object') return undefined
    if (!Object.hasOwn(current, step)) return undefined
    current = (current as Record<string, unknown>)[step]
  }
  return current
}

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

function stepsOf(path: string): string[] {
  return path
    .replace(/^\$\.?/, '')
    .split(/\.|(?=\[)/)
    .map((step) => step.replace(/^\[(\d+)\]$/, '$1'))
    .filter((step) => step !== '')
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
