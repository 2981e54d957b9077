// The local socket: a UNIX socket that only this user can open, or a named pipe on Windows. Keys are
// required there too.
import { chmod, lstat, mkdir, stat, unlink } from 'node:fs/promises'
import { type Server, STATUS_CODES } from 'node:http'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import type { Duplex } from 'node:stream'
import { type ErrorCode, KeywayError, toErrorBody } from '../../../shared/contract/errors.ts'
import { pageHeaders } from '../pages/page.ts'
import { refusedPage } from '../pages/result-page.ts'
import { markLocalSocket } from '../window/entry.ts'
import { tryListen } from './busy-port.ts'
import { requestInProgress } from './connection-limits.ts'
import { COMMON_HEADERS } from './respond.ts'

const ASK_TIMEOUT_MS = 500

/** @throws KeywayError save_failed when the path cannot be used, port_busy when a living server holds it */
export async function openLocalSocket(server: Server, path: string): Promise<Server> {
  const isPipe = path.startsWith('\\\\.\\pipe\\')
  if (!isPipe) await makeRoom(path)
  markLocalSocket(server)
  const failure = await tryListen(server, { path })
  if (failure !== null) throw unusable(path, failure)
  if (!isPipe) await chmod(path, 0o600)
  return server
}

/**
 * A socket file that a killed Keyway left behind is removed; a file that is something else is not touched.
 */
async function makeRoom(path: string): Promise<void> {
  const folder = dirname(path)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  // The folder keeps others out. Only so there is no moment, before the socket has its own mode, in which
  // anybody else could connect.
  const { mode } = await stat(folder)
  if ((mode & 0o077) !== 0) throw unusable(path, new Error('its folder is open to other users'))
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw unusable(path, error)
  })
  if (found === null) return
  if (!found.isSocket()) throw unusable(path, new Error('there is a file that is no socket'))
  if (await answers(path)) {
    throw new KeywayError('port_busy', {
      message: `Another program listens at ${path}.`,
      details: { socketPath: path },
    })
  }
  await unlink(path)
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asking = connect(path)
    const done = (alive: boolean): void => {
      asking.destroy()
      resolve(alive)
    }
    asking.setTimeout(ASK_TIMEOUT_MS, () => done(false))
    asking.once('connect', () => done(true))
    asking.once('error', () => done(false))
  })
}

function unusable(path: string, cause: unknown): KeywayError {
  return new KeywayError('save_failed', {
    message: `The local socket cannot be opened at ${path}.`,
    nextStep: 'Choose a shorter or writable path, or switch the socket off under Settings.',
    details: { socketPath: path },
    cause,
  })
}

const CODES: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
}

/**
 * What the parser refuses (smuggling, splitting, overlong or unfinished headers) gets a coded answer, and the
 * connection ends.
 */
export function answerBadRequest(
  error: NodeJS.ErrnoException & { rawPacket?: Buffer },
  socket: Duplex,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const failure = new KeywayError(CODES[error.code ?? ''] ?? 'invalid_request', { cause: error })
  endInTurn(socket, failure, isNavigation(error.rawPacket))
}

/**
 * Whether a browser shows the answer. Of a request this long, only the part that was read last is at hand.
 * It is mostly cookies, which only browsers send.
 */
function isNavigation(packet: Buffer | undefined): boolean {
  const text = packet?.toString('latin1') ?? ''
  const pairs = text.split('; ').filter((pair) => pair.includes('='))
  return pairs.length > 2 || text.toLowerCase().includes('\nsec-fetch-mode: navigate\r')
}

/** CONNECT asks for a tunnel to anywhere, which is what this is not. */
export function refuseTunnel(socket: Duplex): void {
  endInTurn(socket, new KeywayError('method_not_allowed', { message: 'There are no tunnels here.' }))
}

/**
 * An answer that has begun must not get a second one written into it, nor may a request before this one take
 * this refusal for its own.
 */
function endInTurn(socket: Duplex, failure: KeywayError, asPage = false): void {
  const before = requestInProgress(socket)
  if (before === null) end(socket, failure, asPage)
  else if (before.request.complete)
    before.response.once('close', () => (socket.writable ? end(socket, failure, asPage) : socket.destroy()))
  // It is this very request whose body went wrong.
  else if (before.response.headersSent) socket.destroy()
  else end(socket, failure, asPage)
}

function end(socket: Duplex, failure: KeywayError, asPage: boolean): void {
  const body = asPage ? refusedPage(failure) : JSON.stringify(toErrorBody(failure))
  const headers = Object.entries({
    ...(asPage ? pageHeaders() : { ...COMMON_HEADERS, 'content-type': 'application/json; charset=utf-8' }),
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(
    `HTTP/1.1 ${failure.status} ${STATUS_CODES[failure.status] ?? ''}\r\n${headers.join('')}\r\n${body}`,
  )
}
