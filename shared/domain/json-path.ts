import { numberText } from './exact-json.ts'

/** Reads `a.b[0].c` from a parsed JSON value; `$` is the whole. Own properties only, so that a hostile body cannot reach a prototype. */
export function readPath(value: unknown, path: string): unknown {
  let current = value
  for (const step of stepsOf(path)) {
    if (current === null || typeof current !== 'object') return undefined
    if (!Object.hasOwn(current, step)) return undefined
    current = (current as Record<string, unknown>)[step]
  }
  return current
}

/** The text of a string, number or boolean at `path`; null for anything else, and for nothing. */
export function readText(value: unknown, path: string): string | null {
  const found = readPath(value, path)
  return typeof found === 'boolean' ? String(found) : textOf(found)
}

/** A string or a number as text, the same for the same number; null for anything else, and for nothing. */
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
