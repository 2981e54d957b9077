// A request without an answer: why, and whether it can have reached the server. Rotating refresh tokens depend on that second fact.
import { KeywayError } from '../../../shared/contract/errors.ts'
import { DeadlinePassed } from './deadline.ts'

export type WireFailureKind =
  /** No connection was made: nothing left. */
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

export class WireFailure extends Error {
  override readonly name = 'WireFailure'
  readonly kind: WireFailureKind
  /** False only when the request certainly never left. */
  readonly sent: boolean
  /** The system's own code, e.g. ECONNREFUSED. */
  readonly systemCode: string | null

  constructor(
    kind: WireFailureKind,
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

/** What a rejected fetch means. */
export function wireFailure(thrown: unknown, host: string): WireFailure {
  if (thrown instanceof WireFailure) return thrown
  if (thrown instanceof KeywayError) {
    return new WireFailure('setup', thrown.message.replace(/\.$/, ''), { sent: false, cause: thrown })
  }
  if (thrown instanceof DeadlinePassed) {
    return new WireFailure('timeout', `${host} did not answer in time`, { sent: true, cause: thrown })
  }
  if (thrown instanceof Error && thrown.cause instanceof Error && thrown.cause.message === 'bad port') {
    return new WireFailure('setup', `the port of ${host} is one that no web server may have`, {
      sent: false,
      cause: thrown,
    })
  }
  const codes = codesOf(thrown)
  const about = { systemCode: codes[0] ?? null, cause: thrown }
  if (codes.some((code) => certificate.test(code))) {
    return new WireFailure('tls', `no trusted connection to ${host} (${codes[0]})`, { ...about, sent: false })
  }
  if (codes.length > 0 && codes.every((code) => neverLeft.has(code))) {
    return new WireFailure('unreachable', `${host} cannot be reached (${codes[0]})`, {
      ...about,
      sent: false,
    })
  }
  if (isAbort(thrown))
    return new WireFailure('aborted', 'the request was cancelled', { sent: true, cause: thrown })
  const detail = codes[0] === undefined ? '' : ` (${codes[0]})`
  return new WireFailure('network', `the connection to ${host} broke${detail}`, { ...about, sent: true })
}

/** System codes of an error, its causes and, for several tried addresses, of each. */
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

function isAbort(thrown: unknown): boolean {
  return thrown instanceof Error && (thrown.name === 'AbortError' || thrown.name === 'TimeoutError')
}
