// What is wrong with a field and what is allowed there, in words for whoever wrote the request. A schema's own words are kept.
export type Issue = {
  readonly code?: string | undefined
  readonly path: ReadonlyArray<PropertyKey>
  readonly message: string
  readonly expected?: unknown
  readonly values?: unknown
  readonly keys?: unknown
  readonly minimum?: unknown
  readonly maximum?: unknown
  readonly origin?: unknown
}

/** How the validator speaks when a schema has no words of its own. */
const PLAIN = /^(?:Invalid (?:input|option)|Too (?:small|big)|Unrecognized key)/

/** `allowed`: the names of the fields there are, where they are known. */
export function wordsOf(issue: Issue, allowed: readonly string[] | null): string {
  if (issue.code === 'unrecognized_keys') {
    return allowed === null || issue.path.length > 0
      ? 'There is no such field.'
      : allowed.length === 0
        ? 'There is no such field; none is taken here.'
        : `There is no such field; these are taken: ${allowed.join(', ')}.`
  }
  if (!PLAIN.test(issue.message)) return issue.message
  if (issue.message.endsWith('received undefined')) return `It is missing; ${kind(issue.expected)} is needed.`
  if (issue.code === 'invalid_type') return `${capital(kind(issue.expected))} is needed.`
  if (Array.isArray(issue.values)) return `One of ${issue.values.map(String).join(', ')}.`
  if (issue.code === 'too_small') return `At least ${String(issue.minimum)}${unit(issue.origin)}.`
  if (issue.code === 'too_big') return `At most ${String(issue.maximum)}${unit(issue.origin)}.`
  return issue.message
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
}

function kind(expected: unknown): string {
  return (typeof expected === 'string' ? KINDS[expected] : undefined) ?? 'another value'
}

function unit(origin: unknown): string {
  if (origin === 'string') return ' characters'
  return origin === 'array' ? ' entries' : ''
}

const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1)
