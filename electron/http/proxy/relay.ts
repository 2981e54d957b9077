// One attempt at the API. Sends the request, then either relays the response as it comes, with backpressure,
// or drops it so that another attempt can be made. Memory does not grow with the size.
import type { ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { Routes } from '../../core/network/types.ts'
import type { RunningRequest } from '../server/context.ts'
import { isReturned, responseHeaders, type ReturnedHeaders, returnedTrailers } from './headers.ts'

export type Attempt = {
  origin: string
  /** With its query. */
  path: string
  method: string
  headers: readonly string[]
  body: Buffer | Readable | null
  /** Looks at the head of the answer: hand it on, or drop it and try again. */
  decide(status: number, head: ReturnedHeaders): 'relay' | 'drop'
}

export type AttemptResult =
  | { kind: 'relayed'; status: number; bytes: number }
  | { kind: 'dropped'; status: number; head: ReturnedHeaders }
  /**
   * `answered`: part of the answer has been handed on already. `sent`: the upstream may have got the request,
   * or part of it.
   */
  | { kind: 'failed'; error: Error; answered: boolean; sent: boolean; bytes: number }
  | { kind: 'caller_gone'; bytes: number }

/**
 * A model may think for minutes before its first byte; a silent stream may be a long poll. One time for both
 * spares the library a timer.
 */
const SILENCE_MS = 600_000
/** What is dropped is read to the end, so that its connection can be used again, unless it is long. */
const MOST_DROPPED_BYTES = 64 * 1024

/**
 * Held for a caller that reads more slowly than the API sends; stopping and starting at every piece costs
 * more than the memory.
 */
const MOST_WAITING_BYTES = 256 * 1024
/**
 * Node puts head and body into one write when both are strings; latin1 is every byte as it is. Beyond this,
 * copying costs more.
 */
const MOST_JOINED_BYTES = 16 * 1024

export function sendOnce(
  routes: Routes,
  running: RunningRequest,
  attempt: Attempt,
  done: (tried: AttemptResult) => void,
): void {
  const relay = new Relay(running, attempt, done)
  if (relay.isOver) return
  const { origin, path, method, headers, body } = attempt
  routes.dispatch(
    {
      origin,
      path,
      method,
      // The library takes it for its own, but only reads it.
      headers: headers as string[],
      body,
      headersTimeout: SILENCE_MS,
      bodyTimeout: SILENCE_MS,
    },
    relay,
  )
}

/** A class, because one is made for every request. */
class Relay implements Dispatcher.DispatchHandler {
  readonly #running: RunningRequest
  readonly #response: RunningRequest['response']
  readonly #attempt: Attempt
  readonly #done: (tried: AttemptResult) => void
  readonly #gone = (): void => this.abort()
  #controller: Dispatcher.DispatchController | null = null
  #status = 0
  #bytes = 0
  #dropped: ReturnedHeaders | null = null
  /**
   * The first piece waits for the end of the turn: a short answer then leaves in one write, together with its
   * head.
   */
  #held: Buffer | null = null
  #isFlushed = false
  isOver = false

  constructor(running: RunningRequest, attempt: Attempt, done: (tried: AttemptResult) => void) {
    const { response } = running
    this.#running = running
    this.#response = response
    this.#attempt = attempt
    this.#done = done
    if (response.destroyed) this.abort()
    else {
      running.abort = this.#gone
      running.onClosed = this.#gone
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.isOver) controller.abort(new Error('the caller has gone'))
  }

  onResponseStart(
    { rawHeaders }: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    message: string | undefined,
  ): void {
    const response = this.#response
    const raw = rawPairs(rawHeaders)
    if (status < 200) {
      passInformation(response, status, raw)
      return
    }
    this.#status = status
    const head = responseHeaders(raw, { method: this.#attempt.method, status })
    if (this.#attempt.decide(status, head) === 'drop') {
      this.#dropped = head
      return
    }
    if (isReason(message)) response.writeHead(status, message, head.headers)
    else response.writeHead(status, head.headers)
    process.nextTick(flush, this)
  }

  onResponseData(controller: Dispatcher.DispatchController, piece: Buffer): void {
    this.#bytes += piece.length
    if (this.#dropped !== null) {
      if (this.#bytes <= MOST_DROPPED_BYTES) return
      this.#settle({ kind: 'dropped', status: this.#status, head: this.#dropped })
      controller.abort(new Error('dropped for another try'))
    } else if (this.#isFlushed) this.#write(piece)
    else if (this.#held === null) this.#held = piece
    else {
      this.flush()
      this.#write(piece)
    }
  }

  onResponseEnd({ rawTrailers }: Dispatcher.DispatchController): void {
    const response = this.#response
    const held = this.#held
    if (this.#dropped !== null) {
      this.#settle({ kind: 'dropped', status: this.#status, head: this.#dropped })
      return
    }
    const trailers = rawPairs(rawTrailers)
    if (trailers.length > 0) addTrailers(response, trailers)
    this.#settle({ kind: 'relayed', status: this.#status, bytes: this.#bytes })
    if (held === null) response.end()
    else if (held.length > MOST_JOINED_BYTES) response.end(held)
    else response.end(held.toString('latin1'), 'latin1')
  }

  onResponseError(_controller: unknown, error: Error): void {
    if (this.#dropped !== null) {
      this.#settle({ kind: 'dropped', status: this.#status, head: this.#dropped })
      return
    }
    const { headersSent } = this.#response
    const sent = this.#controller !== null
    this.#settle({ kind: 'failed', error, answered: headersSent, sent, bytes: this.#bytes })
  }

  /** A head that waits for its first event is worth having; so is the first piece of a long answer. */
  flush(): void {
    if (this.isOver || this.#isFlushed) return
    this.#isFlushed = true
    const piece = this.#held
    this.#held = null
    if (piece === null) this.#response.flushHeaders()
    else this.#write(piece)
  }

  #write(piece: Buffer): void {
    if (this.#response.write(piece) || this.#response.writableLength < MOST_WAITING_BYTES) return
    const controller = this.#controller
    controller?.pause()
    this.#response.once('drain', () => controller?.resume())
  }

  /** Nobody is to have the answer any more: nothing more is sent or handed on. */
  abort(): void {
    this.#settle({ kind: 'caller_gone', bytes: this.#bytes })
    this.#controller?.abort(new Error('the caller has gone'))
  }

  #settle(tried: AttemptResult): void {
    if (this.isOver) return
    this.isOver = true
    // A request that is kept a little longer must not keep its answer, and so the next ones.
    this.#running.abort = null
    this.#running.onClosed = null
    this.#done(tried)
  }
}

function addTrailers(response: ServerResponse, raw: readonly string[]): void {
  const trailers = returnedTrailers(raw)
  if (trailers.length > 0) response.addTrailers(trailers)
}

function flush(relay: Relay): void {
  relay.flush()
}

/** Bytes that node would not write are left out; nobody needs the phrase (RFC 9112 4). */
function isReason(message: string | undefined): message is string {
  return message !== undefined && /^[\t\x20-\x7e\x80-\xff]+$/.test(message)
}

function rawPairs(raw: Dispatcher.DispatchController['rawHeaders']): readonly string[] {
  if (!Array.isArray(raw) || raw.length === 0) return NONE
  return raw.map((part) => (typeof part === 'string' ? part : part.toString('latin1')))
}

const NONE: readonly string[] = []

// Answers before the answer (RFC 9110 15.2): a proxy hands them on, except to callers of HTTP/1.0, who know
// none.

function passInformation(response: ServerResponse, status: number, raw: readonly string[]): void {
  if (response.headersSent || response.req.httpVersionMinor === 0) return
  if (status === 102) response.writeProcessing()
  else if (status === 103) passEarlyHints(response, raw)
}

function passEarlyHints(response: ServerResponse, raw: readonly string[]): void {
  const hints: Record<string, string[]> = {}
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase()
    if (isReturned(name)) (hints[name] ??= []).push(raw[index + 1] ?? '')
  }
  if (hints['link'] === undefined) return
  try {
    response.writeEarlyHints(hints)
  } catch (error) {
    // Node writes no link that it cannot read. Hints may be missing; the answer itself may not suffer from
    // them.
    if (!(error instanceof TypeError)) throw error
  }
}
