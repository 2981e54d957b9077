// Parses authorization responses, which anybody may send: returns a tagged union and never throws. The caller
// compares `state`.
import { isLoopbackHost } from '../contract/provider-template.ts'

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

/** Reads the parameters of the callback. Any parameter that occurs twice is refused (RFC 6749 3.1). */
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
  // A response with both code and error is not a success (RFC 6749 4.1.2.1).
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
 * Parses what a person pasted: the final URL, its query, or just the code. A code alone gets the state and
 * issuer of this sign-in; a URL keeps its own, so that the response of another sign-in is detected. Null when
 * it is none of these.
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

/** Text from outside, made safe for a page and a log line. */
function printable(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .trim()
    .slice(0, 500)
}

// A browser has no app key, so a connect link carries a ticket: valid for one app, one provider, one use, ten
// minutes.

export const TICKET_LIFETIME_MS = 10 * 60_000

/** What a connect ticket authorizes. `addScopes`: scopes to request in addition to those granted. */
export type ConnectTicket = {
  readonly appId: string | null
  readonly providerId: string
  readonly connectionId: string | null
  readonly account: string | null
  readonly addScopes: readonly string[]
  readonly returnUrl: string | null
  readonly expiresAt: number
}

/** A ticket is valid only for the provider of its own link. */
export function ticketFits(ticket: ConnectTicket, providerId: string, nowMs: number): boolean {
  return ticket.providerId === providerId && nowMs < ticket.expiresAt
}

export type ReturnUrlCheck = { kind: 'ok'; url: string } | { kind: 'refused'; reason: string }

/**
 * Where a result page may link to: loopback, or an origin that the person registered for the app. Anything
 * else would make Keyway an open redirector (RFC 9700 4.11). Compared after parsing, as a browser does.
 */
export function checkReturnUrl(text: string, origins: readonly string[]): ReturnUrlCheck {
  // A browser strips tabs and newlines and reads a backslash as a slash. Text that needs such repair is not a
  // real URL.
  if (!/^https?:\/\/[^\s\\]+$/i.test(text) || /\p{Cc}/u.test(text) || !URL.canParse(text)) {
    return { kind: 'refused', reason: 'An absolute http(s) address is needed.' }
  }
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') {
    return { kind: 'refused', reason: 'The address holds a user name.' }
  }
  if (isLoopbackHost(url.hostname) || origins.some((origin) => sameOrigin(origin, url))) {
    return { kind: 'ok', url: url.href }
  }
  return { kind: 'refused', reason: 'Only loopback, or an origin registered for the app.' }
}

function sameOrigin(origin: string, url: URL): boolean {
  return URL.canParse(origin) && new URL(origin).origin === url.origin
}
