// The first check of every request, before any key is read. Defends against DNS rebinding (Host), foreign
// pages (Origin, Sec-Fetch-*), request smuggling (absolute form) and keys in URLs.
import type { IncomingMessage } from 'node:http'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Keyway } from '../../core/keyway.ts'

export type RequestContext = {
  /** Path without query, as sent. */
  path: string
  query: string
  host: string
  headers: RequestHeaders
  /**
   * The one Origin header; null when there is none. It still has to belong to the app whose key comes along.
   */
  origin: string | null
}

/** What a path is for decides which pages may point a browser at it. */
type PathKind = 'callback' | 'link' | 'public' | 'app' | 'window'

const MAX_URL = 16_000
const KEY_IN_URL = /kw_[A-Za-z0-9_-]{40,}/
/** The query of a proxied request is the API's. */
const OF_UPSTREAM = /^\/api\/integrations\/[^/]+\/request(?:\/|$)/
const KEY_PARAMETERS = /[?&](?:api[_-]?key|x-api-key|app[_-]?key|access_token|authorization)=/i

/** @throws KeywayError host_refused | origin_refused | invalid_request */
export function guard(request: IncomingMessage, keyway: Keyway): RequestContext {
  const headers = readHeaders(request)
  const checked = checkHost(headers.hosts, request.socket.localPort ?? null)
  if (checked.kind === 'refused') throw new KeywayError('host_refused', { message: checked.reason })
  const { path, query } = splitUrl(request.url ?? '')
  const kind = kindOf(path)
  refuseKeysInUrl(path, query)
  refuseCodings(headers.transferEncoding)
  if (headers.origins.length > 1) throw new KeywayError('origin_refused')
  const origin = headers.origins[0] ?? null
  checkOrigin(kind, origin, checked.host, keyway)
  checkFetchSite(kind, path, headers)
  return {
    path,
    query,
    host: checked.host,
    headers,
    origin: kind === 'app' || kind === 'link' ? origin : null,
  }
}

// With DNS rebinding a browser sends requests for a foreign name to this server, and only the Host header
// shows it. So only loopback names with this server's port are accepted, in exactly one Host header.

export type HostCheck = { kind: 'ok'; host: string } | { kind: 'refused'; reason: string }

const NAMES: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]'])
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::(\d{1,5}))?$/

const usualHosts = new Map<number, string>()

function usualHost(port: number): string {
  const known = usualHosts.get(port)
  if (known !== undefined) return known
  const host = `127.0.0.1:${port}`
  usualHosts.set(port, host)
  return host
}

/**
 * `values`: all Host headers of the request, in order. `port`: the port of this server; null for a UNIX
 * socket, where any port is accepted, because no browser can reach it.
 */
export function checkHost(values: readonly string[], port: number | null): HostCheck {
  const [only] = values
  // Nearly every program sends just this.
  if (values.length === 1 && only !== undefined && port !== null && only === usualHost(port))
    return { kind: 'ok', host: only }
  if (only === undefined) return { kind: 'refused', reason: 'There is no Host header.' }
  if (values.length > 1) return { kind: 'refused', reason: 'There is more than one Host header.' }
  const match = HOST.exec(only.toLowerCase())
  const name = match?.[1]
  if (name === undefined || !NAMES.has(name)) {
    return { kind: 'refused', reason: 'The Host header names another machine.' }
  }
  const named = match?.[2] === undefined ? 80 : Number(match[2])
  if (port !== null && named !== port) {
    return { kind: 'refused', reason: 'The Host header names another port.' }
  }
  return { kind: 'ok', host: only.toLowerCase() }
}

function splitUrl(url: string): { path: string; query: string } {
  // Only origin-form (RFC 9112 3.2.1): the absolute form carries a second host, the asterisk form means
  // nothing here.
  if (!url.startsWith('/')) throw invalidUrl('The request target must be a path.')
  if (url.length > MAX_URL) throw invalidUrl('The address is too long.')
  if (/[\\#\p{Cc}]/u.test(url)) throw invalidUrl('The address holds a character that does not belong there.')
  const at = url.indexOf('?')
  return at === -1 ? { path: url, query: '' } : { path: url.slice(0, at), query: url.slice(at) }
}

function refuseKeysInUrl(path: string, query: string): void {
  const isKeyParameter = query !== '' && KEY_PARAMETERS.test(query) && !OF_UPSTREAM.test(path)
  if (isKeyParameter || KEY_IN_URL.test(path) || (query !== '' && KEY_IN_URL.test(query))) {
    throw new KeywayError('invalid_request', {
      message: 'Keys belong in a header, never in an address: addresses end up in histories and logs.',
      nextStep: 'Send the key in a header, and rotate this one under Apps.',
      details: { field: 'query' },
    })
  }
}

/**
 * Only chunked is undone here (RFC 9112 6.1); whoever took a coded body for plain would read something else
 * than its sender meant.
 */
function refuseCodings(coding: string | null): void {
  if (coding === null || coding.trim().toLowerCase() === 'chunked') return
  throw new KeywayError('invalid_request', {
    message: 'The only transfer coding that is taken is chunked.',
    details: { field: 'transfer-encoding' },
  })
}

function kindOf(path: string): PathKind {
  if (path === '/oauth2/callback') return 'callback'
  if (path === '/healthz' || path === '/openapi.json' || path === '/docs') return 'public'
  if (isConnectLink(path)) return 'link'
  return path.startsWith('/api/') ? 'app' : 'window'
}

function isConnectLink(path: string): boolean {
  return /^\/api\/(?:integrations\/(?:[^/]+\/connect|connect\/[^/]+)|auth\/[^/]+\/login)$/.test(path)
}

function checkOrigin(kind: PathKind, origin: string | null, host: string, keyway: Keyway): void {
  // A provider that answers by form_post sends its own Origin, or "null"; what guards the callback is its
  // state.
  if (origin === null || kind === 'callback') return
  const welcome =
    kind === 'window'
      ? origin.toLowerCase() === `http://${host}`
      : origin !== 'null' && keyway.apps.list().some(({ origins }) => origins.includes(origin))
  if (!welcome) throw new KeywayError('origin_refused')
}

function checkFetchSite(
  kind: PathKind,
  path: string,
  { fetchSite, fetchMode, origins }: RequestHeaders,
): void {
  if (fetchSite === null || fetchSite === 'none' || fetchSite === 'same-origin') return
  if (kind === 'callback' || kind === 'link' || kind === 'public') return
  // Pages on other loopback ports count as "same-site", so that is foreign too. With a registered Origin it
  // is a CORS call.
  if (kind === 'app' && origins.length === 1) return
  // Following a link to the window is fine; its calls and events are for scripts of the window itself.
  if (kind === 'window' && fetchMode === 'navigate' && !path.startsWith('/ui/')) return
  throw new KeywayError('origin_refused', { message: 'A page of another site may not call this address.' })
}

function invalidUrl(message: string): KeywayError {
  return new KeywayError('invalid_request', { message, details: { field: 'url' } })
}

/**
 * The headers that decide about a request, every occurrence of each: what two parsers could read differently
 * must be seen.
 */
export type RequestHeaders = {
  hosts: readonly string[]
  origins: readonly string[]
  apiKeys: readonly string[]
  authorizations: readonly string[]
  cookies: readonly string[]
  accounts: readonly string[]
  /** Where a streamed request goes when its path does not say so. */
  targets: readonly string[]
  /** Of the window in a browser: the half of its session that only its own origin has. */
  csrfTokens: readonly string[]
  /** As node reads them: the first type and length, and all transfer codings. */
  contentType: string | null
  contentLength: string | null
  transferEncoding: string | null
  fetchSite: string | null
  fetchMode: string | null
  /** Browsers that fetch a link before it is followed say so. */
  purpose: string | null
}

const NONE: readonly string[] = []

const and = (before: readonly string[], value: string): readonly string[] =>
  before.length === 0 ? [value] : [...before, value]

/** In one pass; node's own `headers` makes an object of all of them first. */
export function readHeaders(request: IncomingMessage): RequestHeaders {
  const seen: RequestHeaders = {
    hosts: NONE,
    origins: NONE,
    apiKeys: NONE,
    authorizations: NONE,
    cookies: NONE,
    accounts: NONE,
    targets: NONE,
    csrfTokens: NONE,
    contentType: null,
    contentLength: null,
    transferEncoding: null,
    fetchSite: null,
    fetchMode: null,
    purpose: null,
  }
  const raw = request.rawHeaders
  for (let index = 0; index + 1 < raw.length; index += 2) {
    note(seen, (raw[index] ?? '').toLowerCase(), raw[index + 1] ?? '')
  }
  return seen
}

function note(seen: RequestHeaders, name: string, value: string): void {
  switch (name) {
    case 'host':
      seen.hosts = and(seen.hosts, value)
      break
    case 'origin':
      seen.origins = and(seen.origins, value)
      break
    case 'x-api-key':
      seen.apiKeys = and(seen.apiKeys, value)
      break
    case 'authorization':
      seen.authorizations = and(seen.authorizations, value)
      break
    case 'cookie':
      seen.cookies = and(seen.cookies, value)
      break
    case 'keyway-account':
      seen.accounts = and(seen.accounts, value)
      break
    case 'keyway-target':
      seen.targets = and(seen.targets, value)
      break
    case 'x-keyway-window':
      seen.csrfTokens = and(seen.csrfTokens, value)
      break
    case 'content-type':
      seen.contentType ??= value
      break
    case 'content-length':
      seen.contentLength ??= value
      break
    case 'transfer-encoding':
      seen.transferEncoding = seen.transferEncoding === null ? value : `${seen.transferEncoding}, ${value}`
      break
    case 'sec-fetch-site':
      // Twice is no browser's doing, and joined it is none of the values that are let in.
      seen.fetchSite = seen.fetchSite === null ? value : `${seen.fetchSite}, ${value}`
      break
    case 'sec-fetch-mode':
      seen.fetchMode = value
      break
    case 'sec-purpose':
    case 'purpose':
      seen.purpose = value
      break
    default:
  }
}

// What the guard found out, for those who handle the request later. A request that it never saw is never let
// in.
const admissions = new WeakMap<IncomingMessage, RequestContext>()

export function keepRequestContext(request: IncomingMessage, requestContext: RequestContext): void {
  admissions.set(request, requestContext)
}

export function requestContextOf(request: IncomingMessage): RequestContext {
  const requestContext = admissions.get(request)
  if (requestContext === undefined) throw new KeywayError('host_refused')
  return requestContext
}
