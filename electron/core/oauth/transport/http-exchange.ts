// Sends one HTTP request and reads the whole response, with a size limit and without following redirects. All
// requests of this folder use it.
import { KeywayError } from '../../../../shared/contract/errors.ts'
import { isSafeUrl } from '../../../../shared/contract/provider-template.ts'
import { DeadlineExceeded } from '../../async.ts'
import type { Clock, HttpFetch } from '../../ports.ts'

const MAX_RESPONSE_BYTES = 1_000_000
/**
 * The Date header has whole seconds and responses take time, so a smaller difference is not treated as clock
 * skew.
 */
const SKEW_NOISE_MS = 5000

export type HttpRequest = {
  method: string
  url: string
  headers: Record<string, string>
  body: string | null
}

export type HttpResponse = {
  status: number
  headers: Headers
  text: string
  receivedAt: number
  /**
   * The server's time from its Date header; local time if the header is missing or the difference is small.
   * Epoch milliseconds.
   */
  serverNow: number
  /** Server clock minus local clock; null without a Date header. */
  clockSkewMs: number | null
}

export type HttpTransport = { fetch: HttpFetch; clock: Clock; signal: AbortSignal }

/** @throws HttpFailure */
export async function sendHttp(transport: HttpTransport, request: HttpRequest): Promise<HttpResponse> {
  if (!isSafeUrl(request.url)) {
    throw new HttpFailure('unsafe_address', 'only https addresses, or http on this machine, are called', {
      sent: false,
    })
  }
  const { host } = new URL(request.url)
  if (transport.signal.aborted) throw new HttpFailure('aborted', 'the request was cancelled', { sent: false })
  try {
    const { method, headers, body } = request
    const response = await transport.fetch(request.url, {
      method,
      headers,
      body,
      redirect: 'manual',
      signal: transport.signal,
    })
    const text = await readBounded(response, host)
    return { status: response.status, headers: response.headers, text, ...timesOf(response, transport.clock) }
  } catch (error) {
    throw httpFailureOf(
      transport.signal.aborted && !(error instanceof HttpFailure) ? transport.signal.reason : error,
      host,
    )
  }
}

function timesOf(
  response: Response,
  clock: Clock,
): Pick<HttpResponse, 'receivedAt' | 'serverNow' | 'clockSkewMs'> {
  const receivedAt = clock.now()
  const date = Date.parse(response.headers.get('date') ?? '')
  if (Number.isNaN(date)) return { receivedAt, serverNow: receivedAt, clockSkewMs: null }
  const clockSkewMs = skewOf(date, receivedAt)
  return { receivedAt, serverNow: receivedAt + clockSkewMs, clockSkewMs }
}

/** Server clock minus local clock in milliseconds; 0 if the response time explains the difference. */
export function skewOf(serverTime: number, receivedAt: number): number {
  const skew = serverTime - receivedAt
  return Math.abs(skew) < SKEW_NOISE_MS ? 0 : skew
}

async function readBounded(response: Response, host: string): Promise<string> {
  if (response.body === null) return ''
  let size = 0
  const chunks: Uint8Array[] = []
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return textOfBody(Buffer.concat(chunks), response.headers.get('content-type') ?? '')
    size += value.byteLength
    if (size > MAX_RESPONSE_BYTES) {
      // A server that goes on sending must not keep the caller waiting.
      void reader.cancel().catch(() => undefined)
      throw new HttpFailure('too_large', `${host} sent more than ${MAX_RESPONSE_BYTES / 1_000_000} MB`, {
        sent: true,
      })
    }
    chunks.push(value)
  }
}

/**
 * The text of a body. JSON is UTF-8 (RFC 8259 8.1); some servers send UTF-16, or Latin-1 as they declare. The
 * byte order mark is removed.
 */
export function textOfBody(bytes: Uint8Array, contentType: string): string {
  const [first, second] = bytes
  const utf16 = first === 0xfe && second === 0xff ? 'utf-16be' : first === 0xff && second === 0xfe
  if (utf16 !== false) return new TextDecoder(utf16 === true ? 'utf-16le' : utf16).decode(bytes)
  // Without a mark: JSON begins with an ASCII character, so one of its two bytes is zero.
  if (first === 0 && second !== 0 && bytes.length > 1) return new TextDecoder('utf-16be').decode(bytes)
  if (second === 0 && first !== 0) return new TextDecoder('utf-16le').decode(bytes)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    const isLatin = /charset\s*=\s*"?(?:iso-8859-1|latin1|windows-1252)/i.test(contentType)
    return new TextDecoder(isLatin ? 'windows-1252' : 'utf-8').decode(bytes)
  }
}

// A request without a response: the reason, and whether the request can have reached the server. The latter
// matters for rotating refresh tokens.

export type HttpFailureKind =
  /** No connection was made, so nothing was sent. */
  | 'unreachable'
  /** Broken off somewhere after that; the server may have acted. */
  | 'network'
  | 'timeout'
  | 'aborted'
  /** The server's certificate or the TLS handshake was refused: nothing left. */
  | 'tls'
  | 'too_large'
  | 'unsafe_address'
  /** Our own side cannot send: an unreadable extra authority, say. */
  | 'setup'

export class HttpFailure extends Error {
  override readonly name = 'HttpFailure'
  readonly kind: HttpFailureKind
  /** False only if the request was certainly not sent. */
  readonly sent: boolean
  /** The system's error code, e.g. ECONNREFUSED. */
  readonly systemCode: string | null

  constructor(
    kind: HttpFailureKind,
    message: string,
    about: { sent: boolean; systemCode?: string | null; cause?: unknown },
  ) {
    super(message, about.cause === undefined ? undefined : { cause: about.cause })
    this.kind = kind
    this.sent = about.sent
    this.systemCode = about.systemCode ?? null
  }
}

const neverLeft = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EAI_NODATA',
  'EAI_NONAME',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
])
const certificate =
  /^(?:CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|EPROTO$)/

/** Classifies the error of a rejected fetch. */
export function httpFailureOf(thrown: unknown, host: string): HttpFailure {
  if (thrown instanceof HttpFailure) return thrown
  const own = keywayErrorIn(thrown)
  if (own !== null) {
    // A proxy that does not answer may do so later; anything else has to be set right first.
    const kind = own.code === 'provider_unreachable' ? 'unreachable' : 'setup'
    return new HttpFailure(kind, own.message.replace(/\.$/, ''), { sent: false, cause: own })
  }
  if (thrown instanceof DeadlineExceeded) {
    return new HttpFailure('timeout', `${host} did not answer in time`, { sent: true, cause: thrown })
  }
  if (thrown instanceof Error && thrown.cause instanceof Error && thrown.cause.message === 'bad port') {
    return new HttpFailure('setup', `the port of ${host} is one that no web server may have`, {
      sent: false,
      cause: thrown,
    })
  }
  const codes = codesOf(thrown)
  const about = { systemCode: codes[0] ?? null, cause: thrown }
  if (codes.some((code) => certificate.test(code))) {
    return new HttpFailure('tls', `no trusted connection to ${host} (${codes[0]})`, { ...about, sent: false })
  }
  if (codes.length > 0 && codes.every((code) => neverLeft.has(code))) {
    return new HttpFailure('unreachable', `${host} cannot be reached (${codes[0]})`, {
      ...about,
      sent: false,
    })
  }
  if (isAbort(thrown))
    return new HttpFailure('aborted', 'the request was cancelled', { sent: true, cause: thrown })
  const detail = codes[0] === undefined ? '' : ` (${codes[0]})`
  return new HttpFailure('network', `the connection to ${host} broke${detail}`, { ...about, sent: true })
}

/** The system error codes of an error, its causes, and each attempted address. */
function codesOf(thrown: unknown, depth = 0): string[] {
  if (!(thrown instanceof Error) || depth > 5) return []
  if (thrown instanceof AggregateError) {
    const each: unknown[] = thrown.errors
    const found = each.flatMap((inner) => codesOf(inner, depth + 1))
    if (found.length > 0) return found
  }
  const code: unknown = Reflect.get(thrown, 'code')
  return typeof code === 'string' && code !== '' ? [code] : codesOf(thrown.cause, depth + 1)
}

/** A failure on our own side of the connection: a proxy, an unreadable authority. */
export function keywayErrorIn(thrown: unknown, depth = 0): KeywayError | null {
  if (thrown instanceof KeywayError) return thrown
  return thrown instanceof Error && depth < 5 ? keywayErrorIn(thrown.cause, depth + 1) : null
}

function isAbort(thrown: unknown): boolean {
  return thrown instanceof Error && (thrown.name === 'AbortError' || thrown.name === 'TimeoutError')
}
