// Request bodies: small ones read whole, large ones handed on as they come, both with an end to waiting. A
// caller that waits for a word before it sends its body (RFC 9110 10.1.1) gets it from whoever wants that
// body, so one that is refused sends nothing.
import type { Deadlines } from './context.ts'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { PassThrough, type Readable } from 'node:stream'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { sendFailure } from './respond.ts'

export const DEADLINES: Deadlines = { headersMs: 10_000, bodyMs: 15_000, silenceMs: 120_000 }

export function hasBody(request: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
  return encoding !== undefined || (length !== undefined && Number(length) !== 0)
}

const awaitingContinue = new WeakSet<ServerResponse>()

/** Its caller waits for 100 Continue. */
export function noteExpectation(response: ServerResponse): void {
  awaitingContinue.add(response)
}

/** Somebody wants the body. Nothing when nobody waits for that word. */
export function inviteBody(response: ServerResponse): void {
  if (awaitingContinue.delete(response) && !response.headersSent) response.writeContinue()
}

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
  const pieces: Buffer[] = []
  let size = 0
  const take = (piece: Buffer): void => {
    size += piece.length
    if (size <= limitBytes) {
      pieces.push(piece)
      return
    }
    request.off('data', take).off('end', end).resume()
    response.shouldKeepAlive = false
    done(new KeywayError('payload_too_large', { details: { limitBytes } }))
  }
  const end = (): void => {
    const [first] = pieces
    // Its answer was given already when it came too late.
    if (!response.headersSent)
      done(pieces.length === 1 && first !== undefined ? first : Buffer.concat(pieces))
  }
  request.on('data', take).once('end', end)
  inviteBody(response)
}

/**
 * A body that does not come in time is answered, read or not, and its connection ends: it holds memory and a
 * socket.
 */
export function limitBodyTime(request: IncomingMessage, response: ServerResponse, ms: number): void {
  if (!hasBody(request)) return
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
