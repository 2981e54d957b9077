// Secrets inside free text: messages, stack traces, provider answers, URLs. Applied in order, from the most telling to the vaguest.
import { isFailureCode, isSecretName } from './secret-names.ts'

export const REDACTED = '[redacted]'

const PEM = /-----BEGIN [^-\r\n]+-----[\s\S]*?(?:-----END [^-\r\n]+-----|$)/g
// Three parts, or five when encrypted; the header of any JOSE object begins with `{"`, which is `eyJ`.
const JOSE = /(?<![\w-])eyJ[\w-]{6,}(?:\.[\w-]*){1,4}/g
const HEADER_LINE =
  /\b((?:proxy-)?authorization|(?:set-)?cookie|x-api-key)(["']?\s*[:=]\s*)("(?:[^"\\]|\\.)*"|'[^']*'|[^\r\n"']*)/gi
const SCHEME =
  /\b(Bearer|Basic|DPoP|Negotiate)(\s+)(?!(?:auth|authentication|authorization|scheme|tokens?|header)\b)[\w.~+/=-]{6,}/gi
const USER_INFO = /:\/\/[^\s/?#@"'<>]+@/g
// Every value of a query or fragment, whatever its name: callback URLs, and the odd names of odd providers.
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

/** The text without what looks like a secret in it. */
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
 * Replaces values that stand after a name: `name=value`, `"name": "value"`. `value` is sticky and its first group is what is replaced;
 * null leaves it as it is.
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

/** The text without random-looking runs hidden: for identifiers, hashes and paths, which are meant to be read. */
export function redactMarked(text: string): string {
  return text.replace(PEM, REDACTED).replace(JOSE, REDACTED).replace(QUERY_VALUE, `$1$2=${REDACTED}`)
}

function isHarmless(value: string): boolean {
  const bare = value.replaceAll(/^["']|["']$/g, '')
  return (
    bare.startsWith(REDACTED) || bare.startsWith('[secret') || isFailureCode(bare) || /^\d{0,4}$/.test(bare)
  )
}

// Words, even run together, carry no digits. A slash may be base64 or a path: the steps of a path are words for the most part.
function looksRandom(run: string): boolean {
  if (UUID.test(run)) return false
  const parts = run.split('/').filter((part) => part.length >= 4)
  const mixed = parts.filter((part) => /\d/.test(part) && /[A-Za-z]/.test(part))
  return mixed.some((part) => part.length >= 32) || mixed.length * 2 > parts.length
}
