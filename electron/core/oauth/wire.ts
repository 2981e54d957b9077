// One request and its whole answer, bounded in size, without following redirects. Everything this folder sends goes through here.
import { isSafeUrl } from '../../../shared/contract/provider-template.ts'
import type { Clock, HttpFetch } from '../ports.ts'
import { WireFailure, wireFailure } from './wire-failure.ts'

export const MAX_ANSWER_BYTES = 1_000_000
/** The Date header counts whole seconds and answers take time: less than this is no skew. */
const SKEW_NOISE_MS = 5000

export type WireRequest = {
  method: string
  url: string
  headers: Record<string, string>
  body: string | null
}

export type WireReply = {
  status: number
  headers: Headers
  text: string
  receivedAt: number
  /** The server's clock by its Date header, or the local one when that is close or absent. */
  serverNow: number
  /** Server clock minus local clock; null without a Date header. */
  clockSkewMs: number | null
}

export type Wire = { fetch: HttpFetch; clock: Clock; signal: AbortSignal }

/** @throws WireFailure */
export async function sendWire(wire: Wire, request: WireRequest): Promise<WireReply> {
  if (!isSafeUrl(request.url)) {
    throw new WireFailure('unsafe_address', 'only https addresses, or http on this machine, are called', {
      sent: false,
    })
  }
  const { host } = new URL(request.url)
  if (wire.signal.aborted) throw new WireFailure('aborted', 'the request was cancelled', { sent: false })
  try {
    const { method, headers, body } = request
    const response = await wire.fetch(request.url, {
      method,
      headers,
      body,
      redirect: 'manual',
      signal: wire.signal,
    })
    const text = await readBounded(response, host)
    return { status: response.status, headers: response.headers, text, ...timesOf(response, wire.clock) }
  } catch (error) {
    throw wireFailure(
      wire.signal.aborted && !(error instanceof WireFailure) ? wire.signal.reason : error,
      host,
    )
  }
}

function timesOf(
  response: Response,
  clock: Clock,
): Pick<WireReply, 'receivedAt' | 'serverNow' | 'clockSkewMs'> {
  const receivedAt = clock.now()
  const date = Date.parse(response.headers.get('date') ?? '')
  if (Number.isNaN(date)) return { receivedAt, serverNow: receivedAt, clockSkewMs: null }
  const clockSkewMs = skewOf(date, receivedAt)
  return { receivedAt, serverNow: receivedAt + clockSkewMs, clockSkewMs }
}

/** Server clock minus local clock, when it is more than the way of the answer explains. */
export function skewOf(serverTime: number, receivedAt: number): number {
  const skew = serverTime - receivedAt
  return Math.abs(skew) < SKEW_NOISE_MS ? 0 : skew
}

async function readBounded(response: Response, host: string): Promise<string> {
  if (response.body === null) return ''
  const decoder = new TextDecoder()
  let size = 0
  let text = ''
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    size += value.byteLength
    if (size > MAX_ANSWER_BYTES) {
      await reader.cancel()
      throw new WireFailure('too_large', `${host} sent more than ${MAX_ANSWER_BYTES / 1_000_000} MB`, {
        sent: true,
      })
    }
    text += decoder.decode(value, { stream: true })
  }
}
