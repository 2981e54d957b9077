// One try at the upstream: sends the request, then either hands the answer on as it comes, with backpressure, or drops it so that another
// try can be made. Memory stays flat whatever the size.
import type { ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { responseHeaders, type ReturnedHeaders } from './forwarded-headers.ts'

export type Try = {
  url: URL
  method: string
  headers: string[]
  body: Buffer | Readable | null
  /** Looks at the head of the answer: hand it on, or drop it and try again. */
  decide(status: number, head: ReturnedHeaders): 'relay' | 'drop'
}

export type Tried =
  | { kind: 'relayed'; status: number; bytes: number }
  | { kind: 'dropped'; status: number; head: ReturnedHeaders }
  /** `answered`: part of the answer has been handed on already. */
  | { kind: 'failed'; error: Error; answered: boolean; bytes: number }
  | { kind: 'caller_gone'; bytes: number }

/** A model may think for minutes before its first byte; a silent stream may be a long poll. */
const TIMEOUTS = { headersTimeout: 300_000, bodyTimeout: 900_000 }
/** What is dropped is read to the end, so that its connection can be used again, unless it is long. */
const MOST_DROPPED_BYTES = 64 * 1024

/** What is known about the running try. */
type Running = {
  readonly attempt: Try
  readonly response: ServerResponse
  controller: Dispatcher.DispatchController | null
  status: number
  bytes: number
  dropped: ReturnedHeaders | null
  /** The first piece waits for the end of the turn: a short answer then leaves in one write, together with its head. */
  held: Buffer | null
  over: boolean
  settle(tried: Tried): void
}

export function tryOnce(dispatcher: Dispatcher, response: ServerResponse, attempt: Try): Promise<Tried> {
  return new Promise((resolve) => {
    const running: Running = {
      attempt,
      response,
      controller: null,
      status: 0,
      bytes: 0,
      dropped: null,
      held: null,
      over: false,
      settle(tried) {
        if (running.over) return
        running.over = true
        response.off('close', gone)
        response.off('drain', drained)
        resolve(tried)
      },
    }
    const gone = (): void => {
      running.settle({ kind: 'caller_gone', bytes: running.bytes })
      running.controller?.abort(new Error('the caller has gone'))
    }
    const drained = (): void => running.controller?.resume()
    if (response.destroyed) {
      gone()
      return
    }
    response.once('close', gone)
    response.on('drain', drained)
    const { url, method, headers, body } = attempt
    dispatcher.dispatch(
      { origin: url.origin, path: url.pathname + url.search, method, headers, body, ...TIMEOUTS },
      {
        onRequestStart(controller) {
          running.controller = controller
          if (running.over) controller.abort(new Error('the caller has gone'))
        },
        onResponseStart: (controller, status, _headers, message) =>
          start(running, controller, status, message),
        onResponseData: (controller, piece) => take(running, controller, piece),
        onResponseEnd: (controller) => end(running, controller),
        onResponseError: (_controller, error) => fail(running, error),
      },
    )
  })
}

function start(
  running: Running,
  { rawHeaders }: Dispatcher.DispatchController,
  status: number,
  message: string | undefined,
): void {
  if (status < 200) return
  const { attempt, response } = running
  running.status = status
  const head = responseHeaders(rawPairs(rawHeaders), { method: attempt.method, status })
  if (attempt.decide(status, head) === 'drop') running.dropped = head
  else if (message === undefined || message === '') response.writeHead(status, head.headers)
  else response.writeHead(status, message, head.headers)
}

function take(running: Running, controller: Dispatcher.DispatchController, piece: Buffer): void {
  running.bytes += piece.length
  if (running.dropped !== null) {
    if (running.bytes <= MOST_DROPPED_BYTES) return
    running.settle({ kind: 'dropped', status: running.status, head: running.dropped })
    controller.abort(new Error('dropped for another try'))
  } else if (running.bytes === piece.length) {
    running.held = piece
    process.nextTick(flush, running)
  } else {
    flush(running)
    write(running, piece)
  }
}

function flush(running: Running): void {
  const piece = running.held
  if (piece === null || running.over) return
  running.held = null
  write(running, piece)
}

function write({ response, controller }: Running, piece: Buffer): void {
  if (!response.write(piece)) controller?.pause()
}

function end(running: Running, { rawTrailers }: Dispatcher.DispatchController): void {
  const { response, status, bytes, dropped, held } = running
  if (dropped !== null) {
    running.settle({ kind: 'dropped', status, head: dropped })
    return
  }
  const trailers = rawPairs(rawTrailers)
  if (trailers.length > 0) response.addTrailers(pairsOf(trailers))
  running.settle({ kind: 'relayed', status, bytes })
  if (held === null) response.end()
  else response.end(held)
}

function fail(running: Running, error: Error): void {
  const { response, status, bytes, dropped } = running
  if (dropped === null) running.settle({ kind: 'failed', error, answered: response.headersSent, bytes })
  else running.settle({ kind: 'dropped', status, head: dropped })
}

function rawPairs(raw: Dispatcher.DispatchController['rawHeaders']): string[] {
  if (!Array.isArray(raw)) return []
  return raw.map((part) => (typeof part === 'string' ? part : part.toString('latin1')))
}

function pairsOf(flat: readonly string[]): Array<[string, string]> {
  return flat.flatMap((name, index) =>
    index % 2 === 0 ? [[name, flat[index + 1] ?? ''] as [string, string]] : [],
  )
}
