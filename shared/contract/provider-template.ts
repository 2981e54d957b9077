import { z } from 'zod'
import { isDeeperThan } from './schema-walk.ts'
import { secretSink } from './secret-sinks.ts'

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
