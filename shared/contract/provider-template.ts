import { z } from 'zod'

/** Text that may hold {placeholders}; no control characters, so that no header or URL can be split with it. */
export const templateString = z
  .string()
  .max(2000)
  .regex(/^[^\p{Cc}]*$/u, 'Control characters are not allowed.')

/**
 * A URL, possibly with {placeholders}: https, or http on loopback. A placeholder may stand for the whole start (`{token.api_domain}/v1`);
 * the filled URL is checked again before use.
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

/** Standard parameter name → the name this server wants. */
export const paramNames = z.record(z.string().min(1).max(60), z.string().min(1).max(60))

/** A path into a JSON reply: dots and `[n]`; `$` is the whole reply. */
export const jsonPath = z
  .string()
  .min(1)
  .max(200)
  .regex(/^(?:\$|[^\s.[\]]+|\[\d+\])(?:\.[^\s.[\]]+|\[\d+\])*$/, 'A path such as data.user[0].id')
