// Parses the body of a response to a JSON object: JSON under any content type, or form-encoded.
import { parseJsonOr } from './exact-json.ts'

export type ParsedTokenBody =
  | { kind: 'object'; body: Readonly<Record<string, unknown>> }
  | { kind: 'unreadable'; reason: 'empty' | 'html' | 'torn' | 'text' | 'not_an_object'; message: string }

export function readTokenBody(text: string): ParsedTokenBody {
  const trimmed = text.replace(/^\uFEFF/, '').trim()
  if (trimmed === '') return { kind: 'unreadable', reason: 'empty', message: 'The answer was empty.' }
  if (trimmed.startsWith('<')) {
    return { kind: 'unreadable', reason: 'html', message: 'The answer was a web page instead of JSON.' }
  }
  const parsed = parseJsonOr(trimmed)
  if (parsed !== undefined) {
    return parsed !== null && typeof parsed === 'object' && !Array.isArray(parsed)
      ? { kind: 'object', body: parsed as Record<string, unknown> }
      : { kind: 'unreadable', reason: 'not_an_object', message: 'The answer was JSON, but not an object.' }
  }
  const form = parseForm(trimmed)
  if (form !== null) return { kind: 'object', body: form }
  return /^[{["]/.test(trimmed)
    ? { kind: 'unreadable', reason: 'torn', message: 'The answer broke off in the middle, or is no JSON.' }
    : { kind: 'unreadable', reason: 'text', message: 'The answer was plain text instead of JSON.' }
}

/**
 * Accepts a form only with a token, a device code or an error in it: truncated JSON must not be read as a
 * form.
 */
function parseForm(text: string): Record<string, string> | null {
  if (!/^[\w.-]+=[^\s<>{}"]*$/.test(text)) return null
  const fields = Object.fromEntries(new URLSearchParams(text))
  return ['access_token', 'error', 'device_code'].some((name) => name in fields) ? fields : null
}
