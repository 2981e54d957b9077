// Opens the doors: loopback addresses only, and a UNIX socket (named pipe) beside them. A busy port is named, with who holds it and the next
// free one; it never ends on another interface.
import { createServer as createNodeServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { asKeywayError, KeywayError } from '../../shared/contract/errors.ts'
import { CALLBACK_PATH, type LoopbackHost } from '../../shared/domain/redirect-uri.ts'
import type { ReturnDoor } from '../core/ports.ts'
import { KeywayRequest } from './body-reader.ts'
import { answerBadRequest, refuseTunnel } from './bad-requests.ts'
import { explainBusyPort } from './busy-port.ts'
import { inTurn } from './in-turn.ts'
import { KEEP_ALIVE_SECONDS } from './keep-alive.ts'
import type { LocalApi } from './create-server.ts'
import { openSocketDoor } from './socket-door.ts'
import { limitStrangers } from './strangers.ts'
import { tryListen } from './try-listen.ts'

export type ListenOptions = {
  /** 0: any free one (tests). */
  port: number
  /** `localhost` listens on 127.0.0.1 and, where there is one, on [::1] with the same port. */
  host?: LoopbackHost
  /** UNIX socket or named pipe with the same API; null or absent: none. */
  socketPath?: string | null
}

export type Listening = {
  readonly port: number
  /** `http://127.0.0.1:<port>`, or of the host that was asked for. */
  readonly url: string
  /** Null: there is none, or it could not be opened; then `socketFailure` says why. The port works in any case. */
  readonly socketPath: string | null
  readonly socketFailure: KeywayError | null
  /** Stops listening, ends idle connections at once and busy ones after `graceMs` (2 s). Twice is fine. */
  close(graceMs?: number): Promise<void>
}

const MAX_HEADER_BYTES = 16 * 1024
const HEADERS_TIMEOUT_MS = 10_000

/** @throws KeywayError port_busy (details: port, holder, nextFreePort) */
export async function listen(
  api: Pick<LocalApi, 'handle' | 'address'>,
  options: ListenOptions,
): Promise<Listening> {
  const { port: wanted, host = 'localhost', socketPath = null } = options
  const servers: Server[] = []
  try {
    const { port, opened } = await openLoopback(api.handle, wanted, host)
    servers.push(...opened)
    const door = socketPath === null ? null : await trySocketDoor(api.handle, socketPath)
    if (door !== null && !(door instanceof KeywayError)) servers.push(door)
    const url = `http://${host === '[::1]' ? host : '127.0.0.1'}:${port}`
    api.address.url = url
    return {
      port,
      url,
      socketPath: door instanceof KeywayError ? null : socketPath,
      socketFailure: door instanceof KeywayError ? door : null,
      close: (graceMs = 2000) => closeAll(servers, graceMs),
    }
  } catch (error) {
    await closeAll(servers, 0)
    throw error
  }
}

/** A free port for one sign-in, where everything but the callback is not found. */
export async function openReturnDoor({ handle }: LocalApi, host: LoopbackHost): Promise<ReturnDoor> {
  const onlyCallback: RequestListener = (request, response) => {
    if (request.url?.replace(/\?.*$/s, '') === CALLBACK_PATH) handle(request, response)
    else response.writeHead(404, { connection: 'close' }).end()
  }
  const { port, opened } = await openLoopback(onlyCallback, 0, host)
  return { port, close: () => void closeAll(opened, 2000) }
}

async function openLoopback(
  handle: RequestListener,
  wanted: number,
  host: LoopbackHost,
): Promise<{ port: number; opened: Server[] }> {
  const first = await open(handle, wanted, host === '[::1]' ? '::1' : '127.0.0.1')
  const { port } = first.address() as AddressInfo
  const second = host === 'localhost' ? await openSecondStack(handle, port) : []
  return { port, opened: [first, ...second] }
}

/** The second door alone. @throws KeywayError save_failed | port_busy */
export async function listenAtSocket(
  api: LocalApi,
  socketPath: string,
): Promise<Pick<Listening, 'socketPath' | 'close'>> {
  const server = await openSocketDoor(makeServer(api.handle), socketPath)
  return { socketPath, close: (graceMs = 2000) => closeAll([server], graceMs) }
}

function makeServer(handle: RequestListener): Server {
  const server = createNodeServer(
    {
      IncomingMessage: KeywayRequest,
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      // A proxied upload may take hours; every other body has its own time limit.
      requestTimeout: 0,
      connectionsCheckingInterval: 1000,
      keepAliveTimeout: KEEP_ALIVE_SECONDS * 1000,
      // Ours is stricter, and says so in Keyway's words.
      requireHostHeader: false,
      optimizeEmptyRequests: true,
    },
    inTurn(handle),
  )
  server.on('checkContinue', (request, response) => {
    if (request instanceof KeywayRequest) request.waitingFor = response
    handle(request, response)
  })
  server.on('connect', (_request, socket) => refuseTunnel(socket))
  server.on('clientError', answerBadRequest)
  limitStrangers(server)
  return server
}

async function open(handle: RequestListener, port: number, address: string): Promise<Server> {
  const server = makeServer(handle)
  const failure = await tryListen(server, { port, host: address, exclusive: true })
  if (failure === null) return server
  if (failure.code === 'EADDRINUSE' || failure.code === 'EACCES') throw await explainBusyPort(port, failure)
  throw new KeywayError('internal_error', {
    message: `The local server cannot listen on ${address}:${port}.`,
    cause: failure,
  })
}

/** `localhost` may mean ::1 to some programs. No IPv6, or the port taken there: then 127.0.0.1 alone. */
async function openSecondStack(handle: RequestListener, port: number): Promise<Server[]> {
  const server = makeServer(handle)
  const failure = await tryListen(server, { port, host: '::1', ipv6Only: true, exclusive: true })
  return failure === null ? [server] : []
}

async function trySocketDoor(handle: RequestListener, path: string): Promise<Server | KeywayError> {
  try {
    return await openSocketDoor(makeServer(handle), path)
  } catch (error) {
    return asKeywayError(error)
  }
}

async function closeAll(servers: Server[], graceMs: number): Promise<void> {
  await Promise.all(
    servers.splice(0).map(
      (server) =>
        new Promise<void>((resolve) => {
          const timer = setTimeout(() => server.closeAllConnections(), graceMs)
          server.close(() => {
            clearTimeout(timer)
            resolve()
          })
          server.closeIdleConnections()
        }),
    ),
  )
}
