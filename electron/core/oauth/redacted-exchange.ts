// Requests and answers as text for a person, without anything secret: known values are masked wherever they stand, and fields that hold
// secrets by their name are masked whatever they hold.
import { replaceNamedValues } from '../../../shared/domain/redact-text.ts'
import { secretTraces } from '../secret-traces.ts'

export type RecordedExchange = { request: string; answer: string }

const secretField =
  /(?:(?<![A-Za-z_])code|code_verifier|device_code|client_secret|assertion|password|token|key|state|nonce)$/i
const VALUE = /\s*("(?:[^"\\]|\\.)*"|[^&\s,}]+)/y
const secretHeaders = /^(authorization|dpop|cookie|set-cookie|proxy-authorization)$/i
const MOST = 2000

export function requestText(
  request: { method: string; url: string; headers: Readonly<Record<string, string>>; body: string | null },
  secrets: readonly string[],
): string {
  const headers = Object.entries(request.headers).map(
    ([name, value]) => `${name}: ${maskHeader(name, value)}`,
  )
  const body = request.body === null ? [] : ['', mask(request.body, secrets)]
  return [`${request.method} ${mask(request.url, secrets)}`, ...headers, ...body].join('\n').slice(0, MOST)
}

export function answerText(
  answer: { status: number; headers: Pick<Headers, 'get'>; text: string },
  secrets: readonly string[],
): string {
  const shown = ['content-type', 'location', 'retry-after', 'www-authenticate'].flatMap((name) => {
    const value = answer.headers.get(name)
    return value === null ? [] : [`${name}: ${mask(value, secrets)}`]
  })
  return [`HTTP ${answer.status}`, ...shown, '', mask(answer.text, secrets)].join('\n').slice(0, MOST)
}

export function mask(text: string, secrets: readonly string[]): string {
  const known = secretTraces(secrets).scrub(text)
  return replaceNamedValues(known, VALUE, (name, value) => {
    if (!secretField.test(name)) return null
    return value.startsWith('"') ? '"[secret]"' : '[secret]'
  })
}

/** The scheme of an Authorization header is worth showing; what follows is not. */
function maskHeader(name: string, value: string): string {
  if (!secretHeaders.test(name)) return value
  const scheme = /^([A-Za-z-]+) /.exec(value)?.[1]
  return scheme === undefined ? '[secret]' : `${scheme} [secret]`
}
