// What the browser brought home, from anybody: a tagged union, never a throw. State is compared by whoever holds the flows.

export type Callback =
  | {
      kind: 'code'
      code: string
      state: string | null
      iss: string | null
      extra: Readonly<Record<string, string>>
    }
  | { kind: 'error'; error: string; description: string | null; state: string | null; iss: string | null }
  | { kind: 'invalid'; reason: 'duplicate' | 'too_long' | 'control_characters' | 'nothing'; message: string }

const MAX_TOTAL = 64_000
const MAX_PARAMETERS = 100
const standard = new Set(['code', 'state', 'iss', 'error', 'error_description', 'error_uri'])

/** Reads the callback's parameters. A parameter that comes twice is refused, whichever it is (RFC 6749 3.1). */
export function parseCallback(parameters: URLSearchParams): Callback {
  const seen = new Map<string, string>()
  let total = 0
  for (const [name, value] of parameters) {
    total += name.length + value.length
    if (total > MAX_TOTAL || seen.size >= MAX_PARAMETERS) {
      return { kind: 'invalid', reason: 'too_long', message: 'The answer is longer than any real one.' }
    }
    if (seen.has(name)) {
      return { kind: 'invalid', reason: 'duplicate', message: `The parameter ${printable(name)} came twice.` }
    }
    seen.set(name, value)
  }
  return fromUnique(seen)
}

function fromUnique(seen: ReadonlyMap<string, string>): Callback {
  const one = (name: string): string | null => seen.get(name) || null
  const code = one('code')
  const state = one('state')
  const iss = one('iss')
  const error = one('error')
  if ([code, state, iss].some((value) => value !== null && /\p{Cc}/u.test(value))) {
    return { kind: 'invalid', reason: 'control_characters', message: 'The answer holds control characters.' }
  }
  // An answer with both is no success (RFC 6749 4.1.2.1).
  if (error !== null) {
    const description = one('error_description') ?? one('error_message') ?? one('error_reason')
    return {
      kind: 'error',
      error: printable(error),
      description: description === null ? null : printable(description),
      state,
      iss,
    }
  }
  if (code === null) {
    return { kind: 'invalid', reason: 'nothing', message: 'The answer holds neither a code nor an error.' }
  }
  const extra = Object.fromEntries([...seen].filter(([name]) => !standard.has(name)))
  return { kind: 'code', code, state, iss, extra }
}

/**
 * What a person pasted: the final address, its query, or just the code. A bare code gets the flow's own state and issuer; an address keeps what it
 * brought, so that an answer of another sign-in is still noticed. Null when it is none of these.
 */
export function pastedCallback(
  text: string,
  flow: { state: string; issuer?: string | null },
): URLSearchParams | null {
  const trimmed = text.trim()
  if (trimmed === '' || trimmed.length > MAX_TOTAL) return null
  const found =
    /^[a-z][a-z0-9+.-]*:/i.test(trimmed) && URL.canParse(trimmed) ? fromAddress(new URL(trimmed)) : null
  if (found !== null) return withState(found, flow.state)
  if (
    /^[?#]?(?:[\w.-]+=[^&\s]*)(?:&[\w.-]+=[^&\s]*)*$/.test(trimmed) &&
    /(?:^|[?#&])(?:code|error)=/.test(trimmed)
  ) {
    return withState(new URLSearchParams(trimmed.replace(/^[?#]/, '')), flow.state)
  }
  if (/\s|[?&]|:\/\//.test(trimmed)) return null
  const own = flow.issuer == null ? {} : { iss: flow.issuer }
  return new URLSearchParams({ code: trimmed, state: flow.state, ...own })
}

function fromAddress(url: URL): URLSearchParams | null {
  const candidates = [url.searchParams, new URLSearchParams(url.hash.replace(/^#/, ''))]
  return candidates.find((parameters) => parameters.has('code') || parameters.has('error')) ?? null
}

function withState(parameters: URLSearchParams, state: string): URLSearchParams {
  if (!parameters.has('state')) parameters.append('state', state)
  return parameters
}

/** Words from outside, made fit for a page and a log line. */
function printable(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .trim()
    .slice(0, 500)
}
