// Reads the error of a token response: RFC 6749 5.2, or what real servers send instead, with an error status
// or inside a 200.
import type { TokenSpec } from '../contract/provider-token-spec.ts'
import { readPath, readText } from './json-path.ts'

export type ReplyError = { code: string; description: string | null }

/** The error in a body with an error status (or without a token). Null: the body names none. */
export function errorOf(body: Readonly<Record<string, unknown>>, spec: TokenSpec): ReplyError | null {
  const code = codeOf(body, spec)
  if (code === null) return null
  return { code: aliasOf(code, spec), description: descriptionOf(body, spec) }
}

/** An error inside a 200, by the rules of the spec or by standard members. */
export function errorInSuccess(
  body: Readonly<Record<string, unknown>>,
  spec: TokenSpec,
  reply: { hasToken: boolean },
): ReplyError | null {
  if (spec.success !== null) {
    const found = readPath(body, spec.success.path)
    if (String(found) !== String(spec.success.value)) {
      return errorOf(body, spec) ?? { code: text(found) ?? 'unsuccessful', description: null }
    }
  }
  if (spec.errorInSuccess !== null && readText(body, spec.errorInSuccess.errorPath) !== null) {
    return errorOf(body, spec)
  }
  if (reply.hasToken) return null
  return errorOf(body, spec) ?? (body['ok'] === false || body['success'] === false ? unnamed : null)
}

const unnamed: ReplyError = { code: 'unsuccessful', description: null }

/** Possible locations of the error code, those of the spec first. */
function codeOf(body: Readonly<Record<string, unknown>>, spec: TokenSpec): string | null {
  const places = [
    spec.success?.errorPath,
    spec.errorInSuccess?.errorPath,
    'error',
    'error.code',
    'error.type',
    'error.error',
    'errorCode',
    'error_code',
    'errors[0].code',
    'code',
    'errors[0].message',
  ]
  for (const place of places) {
    const found = place === undefined ? null : readText(body, place)
    if (found !== null && found !== 'true') return printable(found)
  }
  return null
}

function descriptionOf(body: Readonly<Record<string, unknown>>, spec: TokenSpec): string | null {
  const places = [
    spec.errorInSuccess?.descriptionPath,
    'error_description',
    'error.message',
    'error.error_description',
    'errorSummary',
    'errors[0].message',
    'message',
    'error_message',
    'detail',
  ]
  for (const place of places) {
    const found = place === undefined ? null : readText(body, place)
    if (found !== null) return printable(found)
  }
  return null
}

function aliasOf(code: string, spec: TokenSpec): string {
  return Object.hasOwn(spec.errorAliases, code) ? (spec.errorAliases[code] ?? code) : code
}

function text(value: unknown): string | null {
  return typeof value === 'string' || typeof value === 'number' ? printable(String(value)) : null
}

/**
 * Far more than is shown. It is truncated for display only after secrets are removed, so that no part of one
 * remains at the end.
 */
const MOST_TEXT = 4000

function printable(words: string): string {
  return words
    .slice(0, MOST_TEXT)
    .replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .trim()
}
