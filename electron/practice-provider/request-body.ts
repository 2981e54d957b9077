// Reads a small request body before oidc-provider does, and passes the request on unread.
import { IncomingMessage } from 'node:http'
import { KeywayError } from '../../shared/contract/errors.ts'

/** @throws KeywayError `payload_too_large` beyond `limit` bytes. */
export async function readRequestBody(req: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > limit) throw new KeywayError('payload_too_large', { details: { limitBytes: limit } })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The same request with its body still to be read. */
export function withBody(req: IncomingMessage, body: Buffer): IncomingMessage {
  const copy = new IncomingMessage(req.socket)
  copy.httpVersion = req.httpVersion
  copy.httpVersionMajor = req.httpVersionMajor
  copy.httpVersionMinor = req.httpVersionMinor
  copy.headers = req.headers
  copy.rawHeaders = req.rawHeaders
  if (req.method !== undefined) copy.method = req.method
  if (req.url !== undefined) copy.url = req.url
  // Complete from the start: destroying an incomplete message would close the connection.
  copy.complete = true
  copy.push(body)
  copy.push(null)
  return copy
}
