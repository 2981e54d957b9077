// What may be written down of any value: structure and plain facts stay, secrets go. Pure, so that the log, the support bundle and the
// provider check all hide the same things.
import { Secret } from '../contract/secret.ts'
import { REDACTED, redactMarked, redactText } from './redact-text.ts'
import { isBodyName, isFailureCode, isSecretName } from './secret-names.ts'

export { REDACTED, redactText }

export type RedactOptions = {
  /** Twelve hex digits for a secret, or null when none can be made now (the vault is locked). */
  fingerprint?: (secret: Secret) => string | null
}

const MAX_DEPTH = 8
const MAX_ITEMS = 100
const MAX_TEXT = 4_000

/** Names whose long values are meant to be read. */
const MARK = /(?:^|_)(?:id|hash|prev|fingerprint|file|path|stack|version)$|Id$|Path$|^vaultId$/

/** A copy of `value` that is safe to print as JSON. Never throws, whatever it is given. */
export function redact(value: unknown, options: RedactOptions = {}): unknown {
  return walk(value, { options, seen: new Set(), depth: 0, name: '' })
}

type Walk = { options: RedactOptions; seen: Set<object>; depth: number; name: string }

function walk(value: unknown, at: Walk): unknown {
  try {
    return shown(value, at)
  } catch {
    // A getter or a proxy that throws must not take the log line with it.
    return '[unreadable]'
  }
}

function shown(value: unknown, at: Walk): unknown {
  if (value instanceof Secret) return mark(value, at.options)
  switch (typeof value) {
    case 'string':
      return text(value, at.name)
    case 'bigint':
      return value.toString()
    case 'number':
    case 'boolean':
    case 'undefined':
      return value
    case 'function':
    case 'symbol':
      return `[${typeof value}]`
    default:
      return value === null || value === undefined ? value : object(value, at)
  }
}

function text(value: string, name: string): string {
  const shortened =
    value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}… (${value.length} characters)` : value
  return MARK.test(name) ? redactMarked(shortened) : redactText(shortened)
}

function mark(secret: Secret, { fingerprint }: RedactOptions): string {
  const digits = fingerprint?.(secret) ?? null
  return digits === null ? '[secret]' : `[secret ${digits}]`
}

function object(value: object, at: Walk): unknown {
  if (at.seen.has(value)) return '[seen above]'
  if (at.depth >= MAX_DEPTH) return '[deeper]'
  at.seen.add(value)
  const inside: Walk = { ...at, depth: at.depth + 1 }
  if (value instanceof Error) return failure(value, inside)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (value instanceof URL) return redactText(value.href)
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`
  if (Array.isArray(value)) return list(value, inside)
  const pairs = pairsOf(value)
  if (pairs !== null) return fields(pairs, inside)
  if (value instanceof Set) return list([...value], inside)
  return fields(Object.entries(value), inside)
}

function list(values: readonly unknown[], at: Walk): unknown[] {
  const items = values.slice(0, MAX_ITEMS).map((item) => walk(item, at))
  return values.length > MAX_ITEMS ? [...items, `… ${values.length - MAX_ITEMS} more`] : items
}

function fields(pairs: readonly (readonly [string, unknown])[], at: Walk): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (const [name, value] of pairs.slice(0, MAX_ITEMS)) {
    if (name !== '__proto__') result[redactMarked(name)] = field(name, value, at)
  }
  if (pairs.length > MAX_ITEMS) result['…'] = `${pairs.length - MAX_ITEMS} more`
  return result
}

function field(name: string, value: unknown, at: Walk): unknown {
  const isPlain =
    value === null || value === undefined || typeof value === 'boolean' || typeof value === 'number'
  if (isPlain || value instanceof Secret) return walk(value, at)
  if (isBodyName(name)) return typeof value === 'string' ? `[body, ${value.length} characters]` : '[body]'
  if (isSecretName(name)) {
    if (name === 'code' && isFailureCode(value)) return value
    return value === '' ? '' : REDACTED
  }
  return walk(value, { ...at, name })
}

// Headers, URLSearchParams, FormData and Map, without naming types that not every host has.
function pairsOf(value: object): [string, unknown][] | null {
  if (!('entries' in value) || typeof value.entries !== 'function' || value instanceof Set) return null
  const pairs: [string, unknown][] = []
  for (const entry of value.entries() as Iterable<unknown>) {
    if (!Array.isArray(entry) || entry.length !== 2) return null
    pairs.push([String(entry[0]), entry[1]])
  }
  return pairs
}

function failure(error: Error, at: Walk): Record<string, unknown> {
  const own = Object.entries(error).filter(([name]) => !['name', 'message', 'stack', 'cause'].includes(name))
  return {
    name: error.name,
    message: text(error.message, ''),
    ...(typeof error.stack === 'string' ? { stack: frames(error.stack) } : {}),
    ...fields(own, at),
    ...(error.cause === undefined ? {} : { cause: walk(error.cause, at) }),
    ...(error instanceof AggregateError ? { errors: walk(error.errors, at) } : {}),
  }
}

// The frames alone: the first lines of a stack repeat the message, which is shown already, redacted.
function frames(stack: string): string {
  const lines = stack.split('\n').filter((line) => /^\s+at /.test(line))
  return redactText(lines.slice(0, 12).join('\n'))
}
