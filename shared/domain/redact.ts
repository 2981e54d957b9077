// Redacts any value: structure and plain facts stay, secrets are removed. Pure, so that the log, the support
// bundle and the provider check all hide the same data.
import { errorTable } from '../contract/errors.ts'
import { Secret } from '../contract/secret.ts'

export type RedactOptions = {
  /** Fingerprint of a secret, twelve hex digits; null when none can be computed now (the vault is locked). */
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
    // A getter or a proxy that throws must not prevent the log line.
    return '[unreadable]'
  }
}

function shown(value: unknown, at: Walk): unknown {
  if (value instanceof Secret) return mark(value, at.options)
  switch (typeof value) {
    case 'string':
      return redactedString(value, at.name)
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

function redactedString(value: string, name: string): string {
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

// Headers, URLSearchParams, FormData and Map, without naming types that some hosts lack.
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
    message: redactedString(error.message, ''),
    ...(typeof error.stack === 'string' ? { stack: frames(error.stack) } : {}),
    ...fields(own, at),
    ...(error.cause === undefined ? {} : { cause: walk(error.cause, at) }),
    ...(error instanceof AggregateError ? { errors: walk(error.errors, at) } : {}),
  }
}

// Only the frames: the first lines of a stack repeat the message, which is already shown, redacted.
function frames(stack: string): string {
  const lines = stack.split('\n').filter((line) => /^\s+at /.test(line))
  return redactText(lines.slice(0, 12).join('\n'))
}

// Secrets inside free text: messages, stack traces, provider responses, URLs. Applied in order, from the most
// specific to the vaguest.

const REDACTED = '[redacted]'

const PEM = /-----BEGIN [^-\r\n]+-----[\s\S]*?(?:-----END [^-\r\n]+-----|$)/g
// Three parts, or five when encrypted. The header of any JOSE object begins with `{"`, which is `eyJ` in
// base64.
const JOSE = /(?<![\w-])eyJ[\w-]{6,}(?:\.[\w-]*){1,4}/g
const HEADER_LINE =
  /\b((?:proxy-)?authorization|(?:set-)?cookie|x-api-key)(["']?\s*[:=]\s*)("(?:[^"\\]|\\.)*"|'[^']*'|[^\r\n"']*)/gi
const SCHEME =
  /\b(Bearer|Basic|DPoP|Negotiate)(\s+)(?!(?:auth|authentication|authorization|scheme|tokens?|header)\b)[\w.~+/=-]{6,}/gi
const USER_INFO = /:\/\/[^\s/?#@"'<>]+@/g
// Every value of a query or fragment, whatever its name: callback URLs, and non-standard parameter names.
const QUERY_VALUE = /([?&#;])([\w.~%[\]-]{1,80})=([^&\s"'<>#;]*)/g
const VALUE = /\s*("(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s,;&"'(){}[\]]+)/y
const KNOWN: readonly RegExp[] = [
  /\bgh[oprsu]_\w{16,}/g,
  /\bgithub_pat_\w{20,}/g,
  /\bxox[abeprs]-[\w-]{10,}/g,
  /\bya29\.[\w.-]{10,}/g,
  /\bsk-[\w-]{16,}/g,
  /\bAIza[\w-]{20,}/g,
  /\b1\/\/[\w-]{20,}/g,
]
const OPAQUE = /[A-Za-z0-9_+/=-]{32,}/g
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** The text with everything removed that looks like a secret. */
export function redactText(text: string): string {
  const marked = text
    .replace(PEM, REDACTED)
    .replace(JOSE, REDACTED)
    .replace(HEADER_LINE, `$1$2${REDACTED}`)
    .replace(SCHEME, `$1$2${REDACTED}`)
    .replace(USER_INFO, `://${REDACTED}@`)
    .replace(QUERY_VALUE, (whole, lead: string, name: string, value: string) =>
      value === '' ? whole : `${lead}${name}=${REDACTED}`,
    )
  const named = replaceNamedValues(marked, VALUE, (name, value) =>
    isSecretName(name) && !isHarmless(value) ? REDACTED : null,
  )
  return KNOWN.reduce((rest, pattern) => rest.replace(pattern, REDACTED), named).replace(OPAQUE, (run) =>
    looksRandom(run) ? REDACTED : run,
  )
}

const SEPARATOR = /[:=]/g
const LONGEST_NAME = 80
// input <= 80 characters
const NAME = /(["']?)([A-Za-z][\w-]{0,60})\1\s{0,8}$/

/**
 * Replaces values that follow a name: `name=value`, `"name": "value"`. `value` is sticky and its first group
 * is what is replaced; null leaves it as it is.
 */
export function replaceNamedValues(
  text: string,
  value: RegExp,
  replacement: (name: string, value: string) => string | null,
): string {
  let replaced = ''
  let end = 0
  for (const { index } of text.matchAll(SEPARATOR)) {
    if (index < end) continue
    const name = NAME.exec(text.slice(Math.max(end, index - LONGEST_NAME), index))?.[2]
    if (name === undefined) continue
    value.lastIndex = index + 1
    const [whole, found] = value.exec(text) ?? []
    const other = whole === undefined || found === undefined ? null : replacement(name, found)
    if (whole === undefined || found === undefined || other === null) continue
    const begin = index + 1 + whole.length - found.length
    replaced += text.slice(end, begin) + other
    end = begin + found.length
  }
  return replaced + text.slice(end)
}

/**
 * Redacts the text but keeps random-looking runs: for identifiers, hashes and paths, which are meant to be
 * read.
 */
function redactMarked(text: string): string {
  return text.replace(PEM, REDACTED).replace(JOSE, REDACTED).replace(QUERY_VALUE, `$1$2=${REDACTED}`)
}

function isHarmless(value: string): boolean {
  const bare = value.replaceAll(/^["']|["']$/g, '')
  return (
    bare.startsWith(REDACTED) || bare.startsWith('[secret') || isFailureCode(bare) || /^\d{0,4}$/.test(bare)
  )
}

// Words, even joined, contain no digits. A slash may be part of base64 or of a path; most segments of a path
// are words.
function looksRandom(run: string): boolean {
  if (UUID.test(run)) return false
  const parts = run.split('/').filter((part) => part.length >= 4)
  const mixed = parts.filter((part) => /\d/.test(part) && /[A-Za-z]/.test(part))
  return mixed.some((part) => part.length >= 32) || mixed.length * 2 > parts.length
}

// Names that indicate a secret. Broad on purpose: hiding a harmless value costs little, showing a secret can
// cost an account.

const CONTAINS =
  /token|secret|passw|passphrase|authorization|cookie|assertion|verifier|apikey|credential|privatekey|accesskey|signingkey|clientauth/
const EXACTLY = new Set([
  'auth',
  'authcode',
  'bearer',
  'challenge',
  'code',
  'devicecode',
  'dpop',
  'jwt',
  'key',
  'nonce',
  'otp',
  'pairingcode',
  'pat',
  'pin',
  'pwd',
  'rawheaders',
  'session',
  'sid',
  'state',
  'ticket',
  'usercode',
  'verificationcode',
  'xkey',
])
// Names of facts about a secret are not secret: token_type, tokenEndpoint, passwordMinLength.
const ABOUT =
  /(?:types?|url|uri|endpoints?|methods?|supported|count|length|size|expiresat|expiresin|expiry|expires|lifetime|hint|path|field|kind|label|name|names|status|at)$/

/** Whether a field, header, parameter or variable of this name holds a secret. */
function isSecretName(name: string): boolean {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  if (EXACTLY.has(plain)) return true
  return CONTAINS.test(plain) && !ABOUT.test(plain)
}

/** Whether a field of this name holds a message body. Bodies are never shown, whatever they contain. */
function isBodyName(name: string): boolean {
  return /^(?:raw|request|response|req|res)?_?(?:body|payload)$/i.test(name)
}

const SYSTEM_CODE = /^(?:E[A-Z]{2,14}|[A-Z]{2,}(?:_[A-Z0-9]{2,})+)$/

/**
 * `code` is an authorization code in a callback and a failure code everywhere else. The two differ in form.
 */
function isFailureCode(value: unknown): boolean {
  return typeof value === 'string' && (Object.hasOwn(errorTable, value) || SYSTEM_CODE.test(value))
}

const MOST_LEAVES = 2000
const SHORTEST_SECRET = 8
const ABOUT_SECRETS = /token|secret|passw|assertion|credential|cookie|verifier|private|api_?key/i

/** The strings of a response that have names of secrets, at any depth. */
export function namedSecrets(data: unknown): string[] {
  const found: string[] = []
  const waiting: Array<readonly [name: string, value: unknown]> = [['', data]]
  for (let seen = 0; seen < MOST_LEAVES && waiting.length > 0; seen += 1) {
    const [name, value] = waiting.pop() ?? ['', null]
    if (typeof value === 'string') {
      // Words (an error code, a kind) are not secrets, whatever their name is.
      if (
        value.length >= SHORTEST_SECRET &&
        !/^[a-z_ ]+$/.test(value) &&
        ABOUT_SECRETS.test(name) &&
        isSecretName(name)
      )
        found.push(value)
    } else if (value !== null && typeof value === 'object') {
      for (const [key, inner] of Object.entries(value))
        waiting.push([Array.isArray(value) ? name : key, inner])
    }
  }
  return found
}
