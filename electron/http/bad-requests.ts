import type { Duplex } from 'node:stream'
import { STATUS_CODES } from 'node:http'
import { KeywayError, toErrorBody, type ErrorCode } from '../../shared/contract/errors.ts'
import { underWay } from './in-turn.ts'
import { COMMON_HEADERS } from './send.ts'

const CODES: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
}

/** What the parser refuses (smuggling, splitting, overlong or unfinished headers) gets a coded answer, and the connection ends. */
export function answerBadRequest(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy()
  else endInTurn(socket, new KeywayError(CODES[error.code ?? ''] ?? 'invalid_request', { cause: error }))
}

/** CONNECT asks for a tunnel to anywhere, which is what this is not. */
export function refuseTunnel(socket: Duplex): void {
  endInTurn(socket, new KeywayError('method_not_allowed', { message: 'There are no tunnels here.' }))
}

/** An answer that has begun must not get a second one written into it, nor may a request before this one take this refusal for its own. */
function endInTurn(socket: Duplex, failure: KeywayError): void {
  const before = underWay(socket)
  if (before === null) end(socket, failure)
  else if (before.request.complete)
    before.response.once('close', () => (socket.writable ? end(socket, failure) : socket.destroy()))
  // It is this very request whose body went wrong.
  else if (before.response.headersSent) socket.destroy()
  else end(socket, failure)
}

function end(socket: Duplex, failure: KeywayError): void {
  const body = JSON.stringify(toErrorBody(failure))
  const headers = Object.entries({
    ...COMMON_HEADERS,
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(
    `HTTP/1.1 ${failure.status} ${STATUS_CODES[failure.status] ?? ''}\r\n${headers.join('')}\r\n${body}`,
  )
}
