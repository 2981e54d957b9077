// Reading a small body costs a quarter of a token call when it goes through the stream machinery, so a request may be given a taker that the
// parser hands the bytes to directly. Without a taker it is an ordinary IncomingMessage.
import { IncomingMessage, type ServerResponse } from 'node:http'
import { KeywayError } from '../../shared/contract/errors.ts'

/** Bytes of the body as they come; null at its end. */
export type BodyTaker = (chunk: Buffer | null) => void

export class KeywayRequest extends IncomingMessage {
  taker: BodyTaker | null = null
  /** Part of the body came before anybody asked for it: it is in the stream, and the rest has to go there too. */
  hasBuffered = false
  /** An upload that is handed on may be dropped by the upstream's client; the caller's socket still has to carry the answer. */
  keepSocket = false
  /** Of a caller that waits for a word before it sends its body (RFC 9110 10.1.1). It gets it from whoever wants the body, so one that is
   * refused sends nothing. */
  waitingFor: ServerResponse | null = null

  invite(): void {
    const response = this.waitingFor
    this.waitingFor = null
    if (response !== null && !response.headersSent) response.writeContinue()
  }

  override _read(size: number): void {
    this.invite()
    super._read(size)
  }

  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    if (this.taker === null) {
      this.hasBuffered = true
      return super.push(chunk, encoding)
    }
    this.taker(chunk as Buffer | null)
    return true
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (this.keepSocket) callback()
    else super._destroy(error, callback)
  }
}

/**
 * The whole body, at most `limitBytes`. To be called before anything else reads it.
 * Calls back once: with the body, or with payload_too_large / request_timeout. A client that goes away is never called back.
 */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  limits: { limitBytes: number; timeoutMs: number },
  done: (body: Buffer | KeywayError) => void,
): void {
  const chunks: Buffer[] = []
  let size = 0
  let over = false
  let timer: NodeJS.Timeout | undefined
  const stop = (): void => {
    over = true
    clearTimeout(timer)
  }
  const finish = (result: Buffer | KeywayError): void => {
    if (over) return
    stop()
    if (result instanceof KeywayError) response.shouldKeepAlive = false
    done(result)
  }
  const take = (chunk: Buffer | null): void => {
    if (over) return
    if (chunk === null) {
      finish(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks))
      return
    }
    size += chunk.length
    if (size > limits.limitBytes) finish(new KeywayError('payload_too_large'))
    else chunks.push(chunk)
  }
  if (request instanceof KeywayRequest && !request.hasBuffered) {
    request.taker = take
    request.invite()
  } else request.on('data', take).once('end', () => take(null))
  // A small body comes with its head, in this very turn; only what does not needs watching.
  process.nextTick(() => {
    if (over) return
    timer = setTimeout(() => finish(new KeywayError('request_timeout')), limits.timeoutMs)
    response.once('close', stop)
  })
}
