// The templates in a provider's description. A secret may be named in bodies and headers that Keyway sends to
// the provider, and nowhere else. Each such field is marked in the schema. Every other field, including one
// that is added later, refuses the placeholders of secrets.
import { z } from 'zod'
import { bareSchema, isDeeperThan, memberSchema, type SchemaPath } from './schema-walk.ts'

const PLACEHOLDER = /\{([A-Za-z_][A-Za-z0-9_.[\]-]*)\}/g

/** The placeholder names in a text, each once. */
export function placeholdersIn(text: string): string[] {
  return [...new Set([...text.matchAll(PLACEHOLDER)].map((match) => match[1] ?? ''))]
}

const sinks = new WeakSet<z.ZodType>()

/** Marks a schema whose fields may contain placeholders of secrets. */
export function secretSink<S extends z.ZodType>(schema: S): S {
  sinks.add(schema)
  return schema
}

const SECRETS: ReadonlySet<string> = new Set(['client_secret', 'access_token', 'refresh_token', 'id_token'])
/**
 * Names under which a response, a callback or an identity holds a secret. Such values are never stored, so
 * they could not be filled in.
 */
const OF_REPLY = /^(?:token|identity)\..*(?:token|secret|password|credential|assertion)/i
const OF_CALLBACK = /^(?:callback|resource)\..*(?:(?:access|refresh|id)_?token|secret|password|assertion)/i

/** Whether a placeholder of this name stands for a secret. */
export function isSecretPlaceholder(name: string): boolean {
  return SECRETS.has(name) || OF_REPLY.test(name) || OF_CALLBACK.test(name) || name === 'callback.code'
}

export type MisplacedSecret = { path: SchemaPath; placeholder: string }

/** All placeholders of secrets in fields that are not marked for secrets. */
export function misplacedSecrets(schema: z.ZodType | null, value: unknown): MisplacedSecret[] {
  return [...search(schema, value, [])]
}

function* search(schema: z.ZodType | null, value: unknown, path: SchemaPath): Generator<MisplacedSecret> {
  if (typeof value === 'string') {
    const allowed = schema !== null && isSink(schema)
    for (const placeholder of placeholdersIn(value).filter(isSecretPlaceholder)) {
      if (!allowed || !SECRETS.has(placeholder)) yield { path, placeholder }
    }
    return
  }
  if (value === null || typeof value !== 'object') return
  const inherited = schema !== null && isSink(schema) ? schema : null
  for (const [key, inner] of Object.entries(value)) {
    const member = inherited ?? (schema === null ? null : memberSchema(schema, key))
    yield* search(member, inner, [...path, Array.isArray(value) ? Number(key) : key])
  }
}

function isSink(schema: z.ZodType): boolean {
  const { bare, wrappers } = bareSchema(schema)
  return sinks.has(bare) || wrappers.some((wrapper) => sinks.has(wrapper))
}

export function misplacedMessage(placeholder: string): string {
  return (
    `{${placeholder}} is a secret and may not stand here: only in a body or header of a request to the provider ` +
    '(token and refresh parameters and headers, revocation, the account request, the token header).'
  )
}

const templateText = () =>
  z
    .string()
    .max(2000)
    .regex(/^[^\p{Cc}]*$/u, 'Control characters are not allowed.')

/**
 * Text that may hold {placeholders}. Control characters are refused, because they could split a header or
 * URL.
 */
export const templateString = templateText()

/**
 * The same for a header or body of a request to the provider; {client_secret} and the tokens may be filled
 * there.
 */
export const secretTemplate = secretSink(templateText())

/**
 * A URL, possibly with {placeholders}: https, or http on loopback. A placeholder may replace the whole
 * beginning (`{token.api_domain}/v1`); the filled URL is validated again before use.
 */
export const templateUrl = templateString.refine(
  isTemplateUrl,
  'An https address (http only on this machine), optionally with {parameters}.',
)

export function isTemplateUrl(text: string): boolean {
  if (/^\{[A-Za-z_][A-Za-z_.0-9[\]-]*\}/.test(text)) return true
  const filled = text.replace(/\{[A-Za-z_][A-Za-z_.0-9[\]-]*\}/g, 'x')
  return isSafeUrl(filled)
}

/** https for any host, http for loopback only; no user info, no fragment. */
export function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  if (url.username !== '' || url.password !== '' || url.hash !== '') return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname))
}

export function isLoopbackHost(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(?:\.\d{1,3}){3}$/.test(hostname)
  )
}

/** Name → template. */
export const stringMap = z.record(z.string().min(1).max(100), templateString)

/** Name → template that may contain a secret. */
export const secretMap = z.record(z.string().min(1).max(100), secretTemplate)

/** Maximum nesting depth of JSON in a request body. */
const MOST_LEVELS = 32

/** JSON with templates that may contain a secret. Its depth is checked before anything recurses into it. */
export const secretJson = secretSink(
  z.custom<JsonValue>(
    (value) => !isDeeperThan(value, MOST_LEVELS) && isJson(value),
    `JSON (text, number, true, false, null, lists and objects), at most ${MOST_LEVELS} levels deep.`,
  ),
)

export type JsonValue = string | number | boolean | null | JsonValue[] | { [name: string]: JsonValue }

function isJson(value: unknown): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (Array.isArray(value)) return value.every(isJson)
  return typeof value === 'object' && Object.values(value).every(isJson)
}

/** Standard parameter name → the name that this server expects. */
export const paramNames = z.record(z.string().min(1).max(60), z.string().min(1).max(60))

/** A path into a JSON response: dots and `[n]`; `$` is the whole response. */
export const jsonPath = z
  .string()
  .min(1)
  .max(200)
  .regex(/^(?:\$|[^\s.[\]]+|\[\d+\])(?:\.[^\s.[\]]+|\[\d+\])*$/, 'A path such as data.user[0].id')
