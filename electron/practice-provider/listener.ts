// The listening socket on loopback: opens at a port, can refuse connections for a while and come back at the
// same port, and leaves no socket behind when it closes.
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import { KeywayError } from '../../shared/contract/errors.ts'

export type Listener = {
  readonly port: number
  /** Closes the port and cuts every connection but the spared ones: from now on connecting is refused. */
  refuse(): Promise<void>
  /** Listens again at the same port. @throws KeywayError `port_busy` when somebody else took it meanwhile. */
  accept(): Promise<void>
  /** Lets this connection live through `refuse()`: the one that asked for it wants its answer. */
  spare(socket: Socket): void
  /** Closes the port and cuts everything. Twice is fine. */
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
      // The callback waits for the last connection; the port itself is closed at once. "Not running" is fine
      // too.
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
 * A client in this process learns in its own turn that its idle connections are gone; it would try them once
 * more before.
 */
async function waitForSocketClose(): Promise<void> {
  await pause(5)
  await nextTurn()
}

function asPortFailure(port: number, cause: Error): Error {
  if (!('code' in cause) || (cause.code !== 'EADDRINUSE' && cause.code !== 'EACCES')) return cause
  return new KeywayError('port_busy', {
    message: `The rehearsal provider cannot use port ${port}: ${cause.code === 'EACCES' ? 'the system does not allow it' : 'it is in use'}.`,
    details: { port },
    cause,
  })
}
