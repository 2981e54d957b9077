// Which headers cross the proxy (RFC 9110 7.6.1), and which never do: Keyway's own keys on the way out, what would act on this machine's
// browser in the name of a provider on the way back.

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
])
const NOT_FORWARDED_PREFIXES = ['keyway-', 'x-keyway-', 'sec-', 'x-forwarded-', 'access-control-request-']

/** A cookie, HSTS or Clear-Site-Data from a provider would be kept by the browser for this machine's own address. */
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
])
const NOT_RETURNED_PREFIXES = ['access-control-', 'keyway-']

/** `raw`: names and values in turn. `extra` (token, provider's own headers) replaces what the caller sent under the same name. */
export function requestHeaders(
  raw: readonly string[],
  extra: ReadonlyArray<readonly [string, string]>,
): string[] {
  const replaced = new Set(extra.map(([name]) => name.toLowerCase()))
  const named = namedByConnection(raw)
  const kept: string[] = []
  let hasAgent = replaced.has('user-agent')
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase()
    if (NOT_FORWARDED.has(name) || replaced.has(name) || named.has(name)) continue
    if (NOT_FORWARDED_PREFIXES.some((prefix) => name.startsWith(prefix))) continue
    if (name === 'user-agent') hasAgent = true
    kept.push(name, raw[index + 1] ?? '')
  }
  // Some APIs refuse calls without one.
  if (!hasAgent) kept.push('user-agent', 'keyway')
  for (const [name, value] of extra) kept.push(name, value)
  return kept
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
  const named = namedByConnection(raw)
  const headers: string[] = []
  let contentLength: number | null = null
  let retryAfter: string | null = null
  let location: string | null = null
  let cacheControl = false
  const bodyless = answer.method === 'HEAD' || answer.status === 204 || answer.status === 304
  const isChunked = /\bchunked\b/i.test(valueOf(raw, 'transfer-encoding') ?? '')
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase()
    const value = raw[index + 1] ?? ''
    if (NOT_RETURNED.has(name) || named.has(name)) continue
    if (NOT_RETURNED_PREFIXES.some((prefix) => name.startsWith(prefix))) continue
    // Trailers can only follow a chunked body.
    if (name === 'trailer' && (bodyless || !isChunked)) continue
    if (name === 'content-length' && !/^\d+$/.test(value)) continue
    if (name === 'content-length') contentLength = Number(value)
    if (name === 'retry-after') retryAfter = value
    if (name === 'location') location = value
    if (name === 'cache-control') cacheControl = true
    headers.push(raw[index] ?? '', value)
  }
  headers.push('x-content-type-options', 'nosniff', 'keyway-upstream', '1')
  if (!cacheControl) headers.push('cache-control', 'no-store')
  return { headers, contentLength, retryAfter, location }
}

function namedByConnection(raw: readonly string[]): ReadonlySet<string> {
  const value = valueOf(raw, 'connection')
  if (value === null) return NONE
  return new Set(value.split(',').map((name) => name.trim().toLowerCase()))
}

const NONE: ReadonlySet<string> = new Set()

function valueOf(raw: readonly string[], wanted: string): string | null {
  let found: string | null = null
  for (let index = 0; index + 1 < raw.length; index += 2) {
    if (raw[index]?.length === wanted.length && raw[index]?.toLowerCase() === wanted) {
      found = found === null ? (raw[index + 1] ?? '') : `${found},${raw[index + 1] ?? ''}`
    }
  }
  return found
}
