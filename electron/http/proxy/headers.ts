// Which headers are forwarded (RFC 9110 7.6.1). Keyway's own keys are never sent to an API. Headers that
// would act on this machine's browser in the name of a provider are never returned.
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import type { TargetUrl } from '../../../shared/domain/proxy-target.ts'
import { BoundedMap } from '../../core/bounded-map.ts'
import type { ServedToken } from '../../core/connections/tokens/types.ts'
import type { Keyway } from '../../core/keyway.ts'

const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'te',
  'transfer-encoding',
  'upgrade',
]

/** Credentials for Keyway, traces of the local machine, and what is set anew. */
const NOT_FORWARDED: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  'host',
  'content-length',
  'expect',
  'trailer',
  'authorization',
  'x-api-key',
  'cookie',
  'cookie2',
  'origin',
  'referer',
  'forwarded',
  'via',
  'x-real-ip',
  'http2-settings',
  // To some servers these name the path or host that is really meant, whatever the grant says about the one
  // that was asked for.
  'base-url',
  'http-url',
  'request-uri',
  'x-host',
  'x-http-host-override',
  'x-http-destinationurl',
  'x-override-url',
  'x-proxy-host',
  'x-proxy-url',
])
const NOT_FORWARDED_PREFIXES = [
  'keyway-',
  'x-keyway-',
  'sec-',
  'x-forwarded-',
  'access-control-request-',
  // The same as above.
  'x-accel-',
  'x-envoy-',
  'x-middleware-',
  'x-original-',
  'x-rewrite-',
]

/**
 * A cookie, HSTS or Clear-Site-Data from a provider would be kept by the browser for this machine's own
 * address.
 */
const NOT_RETURNED: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  'set-cookie',
  'set-cookie2',
  'strict-transport-security',
  'clear-site-data',
  'alt-svc',
  'refresh',
  'nel',
  'report-to',
  'reporting-endpoints',
  'service-worker-allowed',
  'cross-origin-resource-policy',
  'x-content-type-options',
  'content-security-policy',
  'content-security-policy-report-only',
])
const NOT_RETURNED_PREFIXES = ['access-control-', 'keyway-']

/**
 * Should a page of a provider ever be shown as one of this server's, it is nobody's origin and runs nothing.
 */
const ALWAYS_RETURNED = [
  'x-content-type-options',
  'nosniff',
  'content-security-policy',
  "default-src 'none'; sandbox",
  'keyway-upstream',
  '1',
]

/** A header's name as it is compared, and where it may go. */
type Known = { readonly name: string; readonly isForwarded: boolean; readonly isReturned: boolean }

// The same few names come with every request, so each is judged once. They are chosen by others: hence the
// limit.
const judgedNames = new BoundedMap<string, Known>(2000)

function look(written: string): Known {
  const found = judgedNames.get(written)
  if (found !== undefined) return found
  const name = written.toLowerCase()
  // To servers behind CGI, X_Forwarded_Host and X-Forwarded-Host are one name (RFC 3875 4.1.18).
  const asked = name.replaceAll('_', '-')
  const judged = {
    name,
    isForwarded:
      !NOT_FORWARDED.has(asked) && !NOT_FORWARDED_PREFIXES.some((prefix) => asked.startsWith(prefix)),
    isReturned: !NOT_RETURNED.has(name) && !NOT_RETURNED_PREFIXES.some((prefix) => name.startsWith(prefix)),
  }
  judgedNames.set(written, judged)
  return judged
}

export const isReturned = (name: string): boolean => look(name).isReturned

/**
 * What the caller sent, without what stays here. `raw`: names and values in turn, spelled as they came.
 * `defaults` are for what the caller did not say; `own` (token, length) replaces what it did.
 */
export function requestHeaders(
  raw: readonly string[],
  defaults: Readonly<Record<string, string>>,
  own: ReadonlyArray<readonly [string, string]>,
): string[] {
  const named = namedByConnection(framingOf(raw).connection)
  const kept: string[] = []
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const written = raw[index] ?? ''
    const { name, isForwarded } = look(written)
    if (isForwarded && !named.has(name) && !isAmong(own, name)) kept.push(written, raw[index + 1] ?? '')
  }
  for (const written of Object.keys(defaults)) {
    const { name } = look(written)
    if (!isAmong(own, name) && !holds(kept, name)) kept.push(written, defaults[written] ?? '')
  }
  // Some APIs refuse calls without one.
  if (!isAmong(own, 'user-agent') && !holds(kept, 'user-agent')) kept.push('user-agent', 'keyway')
  for (const [name, value] of own) kept.push(name, value)
  return kept
}

function isAmong(own: TokenHeaders, wanted: string): boolean {
  for (const [written] of own) if (look(written).name === wanted) return true
  return false
}

/** `flat`: names and values in turn. */
function holds(flat: readonly string[], wanted: string): boolean {
  for (let index = 0; index < flat.length; index += 2) {
    if (look(flat[index] ?? '').name === wanted) return true
  }
  return false
}

export type ReturnedHeaders = {
  headers: string[]
  contentLength: number | null
  retryAfter: string | null
  location: string | null
}

export function responseHeaders(
  raw: readonly string[],
  answer: { method: string; status: number },
): ReturnedHeaders {
  const { connection, transferEncoding } = framingOf(raw)
  const named = namedByConnection(connection)
  const returned: ReturnedHeaders = { headers: [], contentLength: null, retryAfter: null, location: null }
  const { headers } = returned
  const isBodyless = answer.method === 'HEAD' || answer.status === 204 || answer.status === 304
  const isChunked = transferEncoding !== null && /\bchunked\b/i.test(transferEncoding)
  let cacheControl = false
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const written = raw[index] ?? ''
    const value = raw[index + 1] ?? ''
    const { name, isReturned: mayPass } = look(written)
    if (!mayPass || named.has(name)) continue
    switch (name) {
      case 'content-length':
        // One beside a transfer coding, or on what has no body by definition, would frame the next answer
        // wrongly (RFC 9112 6.3).
        if (!/^\d+$/.test(value) || isChunked || answer.status === 204) continue
        returned.contentLength = Number(value)
        break
      case 'trailer':
        // Trailers can only follow a chunked body.
        if (isBodyless || !isChunked) continue
        break
      case 'retry-after':
        returned.retryAfter = value
        break
      case 'location':
        returned.location = value
        break
      case 'cache-control':
        cacheControl = true
        break
      default:
    }
    headers.push(written, value)
  }
  headers.push(...ALWAYS_RETURNED)
  if (!cacheControl) headers.push('cache-control', 'no-store')
  return returned
}

/** What may follow a body: nothing that belongs to its head (RFC 9110 6.5.1). */
export function returnedTrailers(raw: readonly string[]): Array<[string, string]> {
  const trailers: Array<[string, string]> = []
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const { name, isReturned: mayPass } = look(raw[index] ?? '')
    if (mayPass && !NOT_TRAILING.has(name)) trailers.push([raw[index] ?? '', raw[index + 1] ?? ''])
  }
  return trailers
}

const NOT_TRAILING: ReadonlySet<string> = new Set([
  'content-length',
  'content-encoding',
  'content-type',
  'content-range',
  'trailer',
  'location',
  'retry-after',
  'cache-control',
  'expires',
  'vary',
  'www-authenticate',
])

/** What Connection names goes no further than this hop. */
function namedByConnection(connection: string | null): ReadonlySet<string> {
  if (connection === null || connection === 'keep-alive' || connection === 'close') return NONE
  const value = connection.toLowerCase()
  if (value === 'keep-alive' || value === 'close') return NONE
  return new Set(value.split(',').map((name) => name.trim()))
}

const NONE: ReadonlySet<string> = new Set()

type Framing = { connection: string | null; transferEncoding: string | null }

/** The two headers that say which others go no further; each with all that it was given. */
function framingOf(raw: readonly string[]): Framing {
  const found: Framing = { connection: null, transferEncoding: null }
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const { name } = look(raw[index] ?? '')
    if (name === 'connection') found.connection = joined(found.connection, raw[index + 1] ?? '')
    else if (name === 'transfer-encoding')
      found.transferEncoding = joined(found.transferEncoding, raw[index + 1] ?? '')
  }
  return found
}

const joined = (before: string | null, value: string): string =>
  before === null ? value : `${before},${value}`

// The headers that carry the token to the API.

export type TokenHeaders = ReadonlyArray<readonly [string, string]>

/** The same for every request; null for a token that needs a proof each time. */
export function plainTokenHeaders(token: ServedToken): TokenHeaders | null {
  const known = plain.get(token)
  if (known !== undefined) return known
  const made = isBound(token) ? null : [headerOf(token)]
  plain.set(token, made)
  return made
}

// As long as the token itself is held, and no longer.
const plain = new WeakMap<ServedToken, TokenHeaders | null>()

/** RFC 9449: whoever holds the token must prove it anew for exactly this request. */
export async function provenTokenHeaders(
  keyway: Keyway,
  connection: ConnectionRecord,
  { method, url, nonce }: { method: string; url: TargetUrl; nonce: string | null },
): Promise<TokenHeaders> {
  const provider = keyway.providers.resolve(connection.providerId)
  // The proof's htu is the address without query and fragment (RFC 9449 4.2); the client cuts them off
  // itself.
  return keyway.oauth.apiHeaders(provider, keyway.connections.credential(connection.id), {
    method,
    url: url.href,
    nonce,
  })
}

export function isBound({ tokenType }: Pick<ServedToken, 'tokenType'>): boolean {
  return tokenType.toLowerCase() === 'dpop'
}

function headerOf({ header, tokenType, accessToken }: ServedToken): readonly [string, string] {
  if (header !== null) return [header.name, header.value.reveal()]
  const scheme = /^bearer$/i.test(tokenType) ? 'Bearer' : tokenType
  return ['authorization', `${scheme} ${accessToken.reveal()}`]
}

/**
 * The nonces that APIs want in DPoP proofs (RFC 9449 8.2): what came with the last answer goes into the next
 * proof, or every request would first be refused.
 */
export type Nonces = {
  last(connectionId: string, origin: string): string | null
  note(connectionId: string, origin: string, nonce: string): void
}

const MAX_NONCES = 1000

export function createNonces(): Nonces {
  const known = new BoundedMap<string, string>(MAX_NONCES)
  return {
    last: (connectionId, origin) => known.get(`${connectionId} ${origin}`) ?? null,
    note: (connectionId, origin, nonce) => void known.set(`${connectionId} ${origin}`, nonce),
  }
}
