// Tolerates an unasked "100 Continue" (RFC 9110 15.2 requires that of a client). The HTTP library breaks such
// a connection off, but skips any other interim response. So the status 100 is changed to 109, which means
// nothing, on its way to the library.
import type { Socket } from 'node:net'
import type { buildConnector } from 'undici'

const STATUS_LINE = /^HTTP\/1\.[01] $/
const STATUS_AT = 9
const BLANK_LINE = '\r\n\r\n'
const REQUEST_HEAD = /^[A-Z-]+ \S+ HTTP\/1\.1\r\n/
const [ZERO, ONE, NINE] = [0x30, 0x31, 0x39]

/** To be called for each new connection, before a request is written to it. */
export function tolerateContinue<Connection extends Socket>(socket: Connection): Connection {
  const reader = createResponseReader()
  const write = socket.write.bind(socket) as (...given: unknown[]) => boolean
  const read = socket.read.bind(socket)
  socket.write = (data: unknown, ...more: unknown[]) => {
    if (typeof data === 'string' && REQUEST_HEAD.test(data)) reader.expectResponse()
    return write(data, ...more)
  }
  socket.read = (size?: number): unknown => {
    const bytes: unknown = read(size)
    if (bytes instanceof Uint8Array) reader.receive(bytes)
    return bytes
  }
  return socket
}

/** The same for the callback of a connector. */
export function tolerating(done: buildConnector.Callback): buildConnector.Callback {
  return (...[error, socket]) => {
    if (error === null) done(null, tolerateContinue(socket))
    else done(error, null)
  }
}

type Place = 'status line' | 'interim head' | 'rest'

function createResponseReader() {
  let place: Place = 'rest'
  /** The bytes of the status line so far, or the last bytes of an interim head. */
  let seen = ''
  const step = (bytes: Uint8Array, at: number): void => {
    const byte = bytes[at] ?? 0
    if (place === 'interim head') {
      seen = (seen + String.fromCharCode(byte)).slice(-BLANK_LINE.length)
      if (seen !== BLANK_LINE) return
      place = 'status line'
      seen = ''
      return
    }
    // Only "1xx" is interim. With "100", the last digit becomes a nine.
    if (seen.length === STATUS_AT && (byte !== ONE || !STATUS_LINE.test(seen))) place = 'rest'
    if (seen.length === STATUS_AT + 2) {
      if (byte === ZERO && seen.endsWith('10')) bytes[at] = NINE
      place = 'interim head'
      seen = ''
      return
    }
    seen += String.fromCharCode(byte)
  }
  return {
    expectResponse() {
      place = 'status line'
      seen = ''
    },
    receive(bytes: Uint8Array) {
      for (let at = 0; at < bytes.length; at += 1) {
        if (place === 'rest') return
        step(bytes, at)
      }
    },
  }
}
