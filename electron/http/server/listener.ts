// Opens the listeners: loopback addresses only, and a UNIX socket (named pipe) beside them. A busy port is
// reported with its holder and the next free one. Another interface is never used instead.
import { createServer as createNodeServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { asKeywayError, KeywayError } from '../../../shared/contract/errors.ts'
import { CALLBACK_PATH, type LoopbackHost } from '../../../shared/domain/redirect-uri.ts'
import type { LoopbackListener } from '../../core/ports.ts'
import type { LocalApi } from './app.ts'
import { explainBusyPort, tryListen } from './busy-port.ts'
import { limitUnauthenticatedConnections, withPipelining } from './connection-limits.ts'
import { answerBadRequest, openLocalSocket, refuseTunnel } from './local-socket.ts'
import { DEADLINES, inviteNoBody, noteExpectation } from './request-body.ts'
import type { Deadlines } from './context.ts'
import { KEEP_ALIVE_SECONDS } from './respond.ts'

export type ListenOptions = {
  /** 0: any free one (tests). */
  port: number
  /** `localhost` listens on 127.0.0.1 and, where there is one, on [::1] with the same port. */
  host?: LoopbackHost
  /** UNIX socket or named pipe with the same API; null or absent: none. */
  socketPath?: string | null
  deadlines?: Partial<Deadlines>
}

export type Listening = {
  readonly port: number
  /** `http://127.0.0.1:<port>`, or of the host that was asked for. */
  readonly url: string
  /**
   * Null: there is none, or it could not be opened; then `socketFailure` says why. The port works in any
   * case.
   */
  readonly socketPath: string | null
  readonly socketFailure: KeywayError | null
  /** Stops listening, ends idle connections at once and busy ones after `graceMs` (2 s). Twice is fine. */
  close(graceMs?: number): Promise<void>
}

/** A browser sends the cookies of every program on 127.0.0.1, whatever its port. */
const MAX_HEADER_BYTES = 64 * 1024

/** @throws KeywayError port_busy (details: port, holder, nextFreePort) */
export async function listen(
  api: Pick<LocalApi, 'handle' | 'address'>,
  options: ListenOptions,
): Promise<Listening> {
  const { port: wanted, host = 'localhost', socketPath = null, deadlines } = options
  const servers: Server[] = []
  try {
    const { port, opened } = await openLoopback(api.handle, wanted, host, deadlines)
    servers.push(...opened)
    const localSocket = socketPath === null ? null : await tryLocalSocket(api.handle, socketPath, deadlines)
    if (localSocket !== null && !(localSocket instanceof KeywayError)) servers.push(localSocket)
    const url = `http://${host === '[::1]' ? host : '127.0.0.1'}:${port}`
    api.address.url = url
    return {
      port,
      url,
      socketPath: localSocket instanceof KeywayError ? null : socketPath,
      socketFailure: localSocket instanceof KeywayError ? localSocket : null,
      close: (graceMs = 2000) => closeAll(servers, graceMs),
    }
  } catch (error) {
    await closeAll(servers, 0)
    throw error
  }
}

/** A free port for one sign-in, where everything but the callback is not found. */
export async function openReturnDoor({ handle }: LocalApi, host: LoopbackHost): Promise<LoopbackListener> {
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
  deadlines?: Partial<Deadlines>,
): Promise<{ port: number; opened: Server[] }> {
  const first = await open(handle, wanted, host === '[::1]' ? '::1' : '127.0.0.1', deadlines)
  const { port } = first.address() as AddressInfo
  const second = host === 'localhost' ? await openSecondStack(handle, port, deadlines) : []
  return { port, opened: [first, ...second] }
}

/** The local socket alone. @throws KeywayError save_failed | port_busy */
export async function listenOnLocalSocket(
  api: LocalApi,
  socketPath: string,
): Promise<Pick<Listening, 'socketPath' | 'close'>> {
  const server = await openLocalSocket(makeServer(api.handle), socketPath)
  return { socketPath, close: (graceMs = 2000) => closeAll([server], graceMs) }
}

function makeServer(
  handle: RequestListener,
  { headersMs = DEADLINES.headersMs }: Partial<Deadlines> = {},
): Server {
  const answer = withPipelining((request, response) => {
    // They could otherwise only be answered by ending the connection.
    inviteNoBody(request, response)
    handle(request, response)
  })
  const server = createNodeServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      // What sends no body needs no stream for one.
      optimizeEmptyRequests: true,
      headersTimeout: headersMs,
      // A proxied upload may take hours; how long a body may take is decided where it is read.
      requestTimeout: 0,
      connectionsCheckingInterval: 1000,
      keepAliveTimeout: KEEP_ALIVE_SECONDS * 1000,
      // Ours is stricter, and says so in Keyway's words.
      requireHostHeader: false,
    },
    answer,
  )
  server.on('checkContinue', (request, response) => {
    noteExpectation(response)
    answer(request, response)
  })
  server.on('connect', (_request, socket) => refuseTunnel(socket))
  server.on('clientError', answerBadRequest)
  limitUnauthenticatedConnections(server)
  return server
}

async function open(
  handle: RequestListener,
  port: number,
  address: string,
  deadlines?: Partial<Deadlines>,
): Promise<Server> {
  const server = makeServer(handle, deadlines)
  const failure = await tryListen(server, { port, host: address, exclusive: true })
  if (failure === null) return server
  if (failure.code === 'EADDRINUSE' || failure.code === 'EACCES') throw await explainBusyPort(port, failure)
  throw new KeywayError('internal_error', {
    message: `The local server cannot listen on ${address}:${port}.`,
    cause: failure,
  })
}

/** `localhost` may mean ::1 to some programs. No IPv6, or the port taken there: then 127.0.0.1 alone. */
async function openSecondStack(
  handle: RequestListener,
  port: number,
  deadlines?: Partial<Deadlines>,
): Promise<Server[]> {
  const server = makeServer(handle, deadlines)
  const failure = await tryListen(server, { port, host: '::1', ipv6Only: true, exclusive: true })
  return failure === null ? [server] : []
}

async function tryLocalSocket(
  handle: RequestListener,
  path: string,
  deadlines?: Partial<Deadlines>,
): Promise<Server | KeywayError> {
  try {
    return await openLocalSocket(makeServer(handle, deadlines), path)
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
