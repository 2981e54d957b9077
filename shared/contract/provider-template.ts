import { z } from 'zod'
import { isDeeperThan } from './schema-walk.ts'
import { secretSink } from './secret-sinks.ts'

const templateText = () =>
  z
    .string()
    .max(2000)
    .regex(/^[^\p{Cc}]*$/u, 'Control characters are not allowed.')

/**
 * Text that may hold {placeholders}; no control characters, so that no header or URL can be split with it.
 */
export const templateString = templateText()

/**
 * The same for a header or body of a request to the provider: {client_secret} and the tokens are filled there
 * too.
 */
export const secretTemplate = secretSink(templateText())

/**
 * A URL, possibly with {placeholders}: https, or http on loopback. A placeholder may stand for the whole
 * start (`{token.api_domain}/v1`); the filled URL is checked again before use.
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

/** https anywhere, http on loopback only; no user info, no fragment. */
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

/** Name → template that may name a secret. */
export const secretMap = z.record(z.string().min(1).max(100), secretTemplate)

/** Levels of JSON that a request body may have. */
const MOST_LEVELS = 32

/** JSON with templates in it that may name a secret; asked for its depth before anything walks through it. */
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

/** Standard parameter name → the name this server wants. */
export const paramNames = z.record(z.string().min(1).max(60), z.string().min(1).max(60))

/** A path into a JSON reply: dots and `[n]`; `$` is the whole reply. */
export const jsonPath = z
  .string()
  .min(1)
  .max(200)
  .regex(/^(?:\$|[^\s.[\]]+|\[\d+\])(?:\.[^\s.[\]]+|\[\d+\])*$/, 'A path such as data.user[0].id')
