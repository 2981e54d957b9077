import type { HttpFetch } from '../ports.ts'
import { answerText, requestText, type RecordedExchange } from './redacted-exchange.ts'

export type Recorder = { fetch: HttpFetch; take(): RecordedExchange[] }

/** Keeps what goes over the wire as redacted text; the answer's body is read here and handed on whole. */
export function recordExchanges(
  fetch: HttpFetch,
  /** What must not be shown of an answer with this text. */
  secrets: (answer: string) => readonly string[],
): Recorder {
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
        const text = shown === null ? '' : await beginning(shown)
        const { status, headers: received } = response
        exchanges.push({ request, answer: answerText({ status, headers: received, text }, secrets(text)) })
        return new Response(passed, { status, headers: received })
      } catch (error) {
        exchanges.push({ request, answer: error instanceof Error ? error.message : 'no answer' })
        throw error
      }
    },
  }
}

const SHOWN_BYTES = 16_000

/** Enough to show; the rest of a large or endless body is left to the one who bounds it. */
async function beginning(stream: ReadableStream<Uint8Array>): Promise<string> {
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
