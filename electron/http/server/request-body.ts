// Request bodies: small ones are read whole, large ones are passed on as they come, both with a time limit.
// A caller that expects 100 Continue (RFC 9110 10.1.1) gets it from whoever reads the body, so a refused
// caller sends nothing.
import type { RequestHeaders } from '../security/request-guard.ts'
import type { Deadlines } from './context.ts'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { PassThrough, type Readable } from 'node:stream'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { sendFailure } from './respond.ts'

export const DEADLINES: Deadlines = { headersMs: 10_000, bodyMs: 15_000, silenceMs: 120_000 }

type Framing = Pick<RequestHeaders, 'contentLength' | 'transferEncoding'>

/** As {@link hasBody}, for whoever has read the headers. */
export function sendsBody({ contentLength, transferEncoding }: Framing): boolean {
  return transferEncoding !== null || (contentLength !== null && Number(contentLength) !== 0)
}

export function hasBody({ headers }: IncomingMessage): boolean {
  return sendsBody({
    contentLength: headers['content-length'] ?? null,
    transferEncoding: headers['transfer-encoding'] ?? null,
  })
}

const awaitingContinue = new WeakSet<ServerResponse>()

/** Its caller waits for 100 Continue. */
export function noteExpectation(response: ServerResponse): void {
  awaitingContinue.add(response)
}

/** Nobody who sends no body should wait for that word (RFC 9110 10.1.1), but some do. */
export function inviteNoBody(request: IncomingMessage, response: ServerResponse): void {
  if (awaitingContinue.has(response) && !hasBody(request)) inviteBody(response)
}

/** Somebody wants the body. Nothing when nobody waits for that word. */
export function inviteBody(response: ServerResponse): void {
  if (awaitingContinue.delete(response) && !response.headersSent) response.writeContinue()
}

/**
 * The whole body when it came together with its head, as nearly all small ones do; null: it has to be waited
 * for. To be called in the turn after the head's, before anything else reads it.
 */
export function bodyAtHand(request: IncomingMessage): Buffer | null {
  return request.complete ? ((request.read() as Buffer | null) ?? NOTHING) : null
}

const NOTHING = Buffer.alloc(0)

export const tooLarge = (limitBytes: number): KeywayError =>
  new KeywayError('payload_too_large', { details: { limitBytes } })

/**
 * The whole body, at most `limitBytes`. To be called before anything else reads it. Calls back at most once:
 * with the body, or with payload_too_large. Never for a body that does not end: see limitBodyTime.
 */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  limitBytes: number,
  done: (body: Buffer | KeywayError) => void,
): void {
  // A request without a body has no stream that could still end.
  if (request.readableEnded) {
    done(NOTHING)
    return
  }
  const pieces: Buffer[] = []
  let size = 0
  const take = (piece: Buffer): void => {
    // What comes after too much is read and forgotten.
    if (size > limitBytes) return
    size += piece.length
    pieces.push(piece)
    if (size <= limitBytes) return
    pieces.length = 0
    response.shouldKeepAlive = false
    done(tooLarge(limitBytes))
  }
  const end = (): void => {
    const [first] = pieces
    // Its answer was given already when it came too late.
    if (size <= limitBytes && !response.headersSent)
      done(pieces.length === 1 && first !== undefined ? first : Buffer.concat(pieces))
  }
  request.on('data', take).once('end', end)
  inviteBody(response)
}

/**
 * For a request that sends a body. One that does not come in time is answered, read or not, and its
 * connection ends: it holds memory and a socket.
 */
export function limitBodyTime(request: IncomingMessage, response: ServerResponse, ms: number): void {
  // A small body comes with its head, in this very turn; only what does not needs watching.
  process.nextTick(() => {
    if (request.complete || request.destroyed) return
    const timer = setTimeout(() => giveUp(request, response), ms)
    request.once('close', () => clearTimeout(timer))
  })
}

/**
 * A body that is handed on as it comes. Whoever takes it may drop it half-way: the caller's connection still
 * carries the answer, and what else is sent there is read and forgotten.
 */
export function passBody(request: IncomingMessage, response: ServerResponse, silenceMs: number): Readable {
  const body = new PassThrough()
  const { socket } = request
  let passed = -1
  const timer = setInterval(() => {
    const now = socket.bytesRead + socket.bytesWritten
    // While the API takes nothing, the caller cannot send.
    const isSilent = now === passed && !body.writableNeedDrain
    passed = now
    if (isSilent && !request.complete) giveUp(request, response)
  }, silenceMs)
  request.once('close', () => {
    clearInterval(timer)
    if (!request.complete) body.destroy()
  })
  body.on('error', () => undefined)
  body.once('close', () => request.unpipe(body).resume())
  request.pipe(body)
  return body
}

function giveUp(request: IncomingMessage, response: ServerResponse): void {
  if (request.complete) return
  response.shouldKeepAlive = false
  sendFailure(response, new KeywayError('request_timeout'))
  request.destroy()
}
