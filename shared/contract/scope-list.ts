// Reads a list of scopes from outside: a token response, a callback, metadata, an import, typed text. Servers
// and people separate them in many ways, so every usual one is accepted.

export type ScopeSeparator = ' ' | ',' | '+'

/** RFC 6749 3.3 allows neither spaces nor control characters nor quotes in a scope, so these separate. */
const NEVER_IN_A_SCOPE = /(?:[\s"\p{Cc}\p{Cf}]|%20|%0[9ad])+/iu
const COMMA = /(,|%2c)/i
const PLUS = /(\+|%2b)/i
/** Arrays in arrays deeper than this are left out. */
const MAX_DEPTH = 8

/** How to read the scopes of one provider. */
export type ScopeReading = { separator: ScopeSeparator; known: readonly string[] }

/**
 * The scopes of a text or of an array, each once, in their order. Null when the value is neither.
 *
 * A comma and a plus are allowed in a scope, and both are also used as separators. A comma separates, and a
 * plus does where nothing else does, unless that would cut one of the `known` scopes.
 */
export function parseScopes(
  value: unknown,
  separator: ScopeSeparator = ' ',
  known: readonly string[] = [],
): string[] | null {
  if (typeof value === 'string') return [...new Set(namesIn(value, separator, known))]
  if (!Array.isArray(value)) return null
  const items: unknown[] = value.flat(MAX_DEPTH)
  const texts = items.filter((item): item is string => typeof item === 'string')
  if (items.length > 0 && texts.length === 0) return null
  const [only] = texts
  if (texts.length === 1 && only !== undefined) return parseScopes(only, separator, known)
  return [...new Set(texts.flatMap((text) => withoutPlus(text, known)))]
}

/** Scopes as a person or a program wrote them: a plus always belongs to its scope. */
export function typedScopes(text: string): string[] {
  return [...new Set(withoutPlus(text, []))]
}

function namesIn(text: string, separator: ScopeSeparator, known: readonly string[]): string[] {
  const names = withoutPlus(text, known)
  // In a text with other separators a plus belongs to its scope.
  return separator === '+' || names.length === 1 ? names.flatMap((name) => cut(name, PLUS, known)) : names
}

function withoutPlus(text: string, known: readonly string[]): string[] {
  const inside = insideOfList(text)
  const names = (inside ?? text).split(NEVER_IN_A_SCOPE).flatMap((word) => cut(word, COMMA, known))
  // What is left of arrays in an array.
  return inside === null ? names : names.filter((name) => /[^[\]]/.test(name))
}

/** The inside of an array as text, with double or single quotes; null for other text. */
function insideOfList(text: string): string | null {
  const trimmed = text.trim()
  if (!trimmed.startsWith('[') || !trimmed.endsWith(']')) return null
  return trimmed
    .slice(1, -1)
    .replaceAll("'", ' ')
    .replaceAll(String.raw`\/`, '/')
}

/** The word cut at each separator, except inside a known scope; the longest known scope first. */
function cut(word: string, separator: RegExp, known: readonly string[]): string[] {
  // `split` with a group keeps the separators: they are at the odd places.
  const parts = word.split(separator)
  if (parts.length === 1) return word === '' ? [] : [word]
  const longest = Math.max(1, ...known.map((name) => name.split(separator).length))
  const names: string[] = []
  for (let at = 0; at < parts.length;) {
    let length = Math.min(longest, parts.length - at)
    while (length > 1 && !known.includes(parts.slice(at, at + length).join(''))) length -= 2
    names.push(parts.slice(at, at + length).join(''))
    at += length + 1
  }
  return names.filter((name) => name !== '')
}
