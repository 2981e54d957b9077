// Records HTTP exchanges as redacted text, for the provider check.
import { replaceNamedValues } from '../../../../shared/domain/redact.ts'
import type { HttpFetch } from '../../ports.ts'
import { secretTraces } from '../../secret-traces.ts'

export type ExchangeRecorder = { fetch: HttpFetch; take(): RecordedExchange[] }

/** Records every exchange as redacted text. The response body is read here and passed on unchanged. */
export function recordExchanges(
  fetch: HttpFetch,
  /** The secrets to redact from a response with this text. */
  secrets: (answer: string) => readonly string[],
): ExchangeRecorder {
  let exchanges: RecordedExchange[] = []
  return {
    take() {
      const taken = exchanges
      exchanges = []
      return taken
    },
    async fetch(url, init = {}) {
      const { method = 'GET', headers, body } = init
      const sent = {
        method,
        url,
        headers: (headers ?? {}) as Record<string, string>,
        body: typeof body === 'string' ? body : null,
      }
      const request = requestText(sent, secrets(''))
      try {
        const response = await fetch(url, init)
        const [shown, passed] = response.body === null ? [null, null] : response.body.tee()
        const text = shown === null ? '' : await readBeginning(shown)
        const { status, headers: received } = response
        exchanges.push({ request, answer: responseText({ status, headers: received, text }, secrets(text)) })
        return new Response(passed, { status, headers: received })
      } catch (error) {
        exchanges.push({ request, answer: error instanceof Error ? error.message : 'no answer' })
        throw error
      }
    },
  }
}

const SHOWN_BYTES = 16_000

/** Reads enough to show. The caller limits a large or endless body. */
async function readBeginning(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  const reader = stream.getReader()
  while (text.length < SHOWN_BYTES) {
    const { done, value } = await reader.read()
    if (done) return text
    text += decoder.decode(value, { stream: true })
  }
  void reader.cancel()
  return text
}

// Requests and responses as text without secrets: known values are masked everywhere, and fields with a
// secret name are masked whatever their value.

export type RecordedExchange = { request: string; answer: string }

const secretField =
  /(?:(?<![A-Za-z_])code|code_verifier|device_code|client_secret|assertion|password|token|key|state|nonce)$/i
const VALUE = /\s*("(?:[^"\\]|\\.)*"|[^&\s,}]+)/y
const secretHeaders = /^(authorization|dpop|cookie|set-cookie|proxy-authorization)$/i
const MAX_SHOWN_CHARACTERS = 2000

function requestText(
  request: { method: string; url: string; headers: Readonly<Record<string, string>>; body: string | null },
  secrets: readonly string[],
): string {
  const headers = Object.entries(request.headers).map(
    ([name, value]) => `${name}: ${maskHeader(name, value)}`,
  )
  const body = request.body === null ? [] : ['', mask(request.body, secrets)]
  return [`${request.method} ${mask(request.url, secrets)}`, ...headers, ...body]
    .join('\n')
    .slice(0, MAX_SHOWN_CHARACTERS)
}

function responseText(
  answer: { status: number; headers: Pick<Headers, 'get'>; text: string },
  secrets: readonly string[],
): string {
  const shown = ['content-type', 'location', 'retry-after', 'www-authenticate'].flatMap((name) => {
    const value = answer.headers.get(name)
    return value === null ? [] : [`${name}: ${mask(value, secrets)}`]
  })
  return [`HTTP ${answer.status}`, ...shown, '', mask(answer.text, secrets)]
    .join('\n')
    .slice(0, MAX_SHOWN_CHARACTERS)
}

function mask(text: string, secrets: readonly string[]): string {
  const known = secretTraces(secrets).scrub(text)
  return replaceNamedValues(known, VALUE, (name, value) => {
    if (!secretField.test(name)) return null
    return value.startsWith('"') ? '"[secret]"' : '[secret]'
  })
}

/** Shows the scheme of an Authorization header, but not its value. */
function maskHeader(name: string, value: string): string {
  if (!secretHeaders.test(name)) return value
  const scheme = /^([A-Za-z-]+) /.exec(value)?.[1]
  return scheme === undefined ? '[secret]' : `${scheme} [secret]`
}
