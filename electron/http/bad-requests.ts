import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { STATUS_CODES } from 'node:http'
import { KeywayError, toErrorBody, type ErrorCode } from '../../shared/contract/errors.ts'
import { COMMON_HEADERS } from './send.ts'

const CODES: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
}

/** What the parser refuses (smuggling, splitting, overlong or unfinished headers) gets a coded answer, and the connection ends. */
export function answerBadRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (
    error.code === 'ECONNRESET' ||
    !socket.writable ||
    (socket.bytesWritten > 0 && hasAnswerUnderWay(socket))
  ) {
    socket.destroy()
    return
  }
  end(socket, new KeywayError(CODES[error.code ?? ''] ?? 'invalid_request', { cause: error }))
}

/** CONNECT asks for a tunnel to anywhere, which is what this is not. */
export function refuseTunnel(socket: Duplex): void {
  end(socket, new KeywayError('method_not_allowed', { message: 'There are no tunnels here.' }))
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

/** An answer that has begun must not get a second one written into it. */
function hasAnswerUnderWay(socket: Socket): boolean {
  const { _httpMessage: message } = socket as Socket & { _httpMessage?: { headersSent: boolean } | null }
  return message?.headersSent === true
}
