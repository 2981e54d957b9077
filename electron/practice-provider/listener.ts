// The loopback listener: opens a port, can refuse connections for a while and reopen the same port, and
// leaves no socket open when it closes.
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import { KeywayError } from '../../shared/contract/errors.ts'

export type Listener = {
  readonly port: number
  /** Closes the port and all connections except the spared ones: new connections are refused. */
  refuse(): Promise<void>
  /** Reopens the same port. @throws KeywayError `port_busy` when another process took it. */
  accept(): Promise<void>
  /** Keeps this connection open during `refuse()`, because its request needs a response. */
  spare(socket: Socket): void
  /** Closes the port and all connections. May be called more than once. */
  close(): Promise<void>
}

const HOST = '127.0.0.1'

/** Rejects with KeywayError `port_busy`. */
export async function openListener(port: number, onRequest: RequestListener): Promise<Listener> {
  const server = createServer(onRequest)
  const sockets = new Set<Socket>()
  const spared = new WeakSet<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })

  const listen = (at: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const failed = (cause: Error): void => reject(asPortFailure(at, cause))
      server.once('error', failed)
      server.listen(at, HOST, () => {
        server.off('error', failed)
        resolve()
      })
    })

  function stop(survives: (socket: Socket) => boolean): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      // The callback waits for the last connection; the port itself is closed at once. The error "not
      // running" is ignored.
      server.close(() => resolve())
    })
    const survivors = [...sockets].filter(survives)
    for (const socket of sockets) if (!survivors.includes(socket)) socket.destroy()
    return survivors.length === 0 ? stopped : Promise.resolve()
  }

  await listen(port)
  const bound = (server.address() as AddressInfo).port
  return {
    port: bound,
    refuse: async () => {
      if (!server.listening) return
      await stop((socket) => spared.has(socket))
      await waitForSocketClose()
    },
    accept: async () => {
      if (!server.listening) await listen(bound)
    },
    spare: (socket) => {
      spared.add(socket)
    },
    close: () => stop(() => false),
  }
}

/**
 * A client in this process notices only in a later turn of the event loop that its idle connections are
 * closed; until then it would reuse them.
 */
async function waitForSocketClose(): Promise<void> {
  await pause(5)
  await nextTurn()
}

function asPortFailure(port: number, cause: Error): Error {
  if (!('code' in cause) || (cause.code !== 'EADDRINUSE' && cause.code !== 'EACCES')) return cause
  return new KeywayError('port_busy', {
    message: `The practice provider cannot use port ${port}: ${cause.code === 'EACCES' ? 'the system does not allow it' : 'it is in use'}.`,
    details: { port },
    cause,
  })
}
