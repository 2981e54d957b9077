// Limits the connections on which no valid key was shown. The oldest is closed for the next one, so that a
// flood neither keeps a program with a key out nor uses up the file descriptors that the data folder needs.
import type { Server } from 'node:http'
import type { Socket } from 'node:net'

const MOST_UNAUTHENTICATED = 2000
/**
 * Beyond these an owner's connections are closed like unauthenticated ones, so that one program cannot use up
 * those of the others.
 */
const MOST_OF_ONE_OWNER = 1000

/** Where each open connection is counted as long as nobody has shown a key on it. */
const unauthenticatedWith = new WeakMap<object, Set<Socket>>()
const ownerOf = new WeakMap<object, string>()
const owned = new Map<string, Set<Socket>>()

/**
 * A valid key, poll token or window session came on it. `owner`: whose it is; no more than `most` of its
 * connections count.
 */
export function markAuthenticated(socket: Socket, owner: string, most = MOST_OF_ONE_OWNER): void {
  const unauthenticated = unauthenticatedWith.get(socket)
  if (ownerOf.get(socket) === owner || unauthenticated === undefined || socket.destroyed) return
  const own = owned.get(owner) ?? new Set()
  if (own.size >= most) return
  leave(socket)
  unauthenticated.delete(socket)
  ownerOf.set(socket, owner)
  owned.set(owner, own.add(socket))
}

/** What the owner showed is not good for anything any more. */
export function markUnauthenticated(owner: string): void {
  for (const socket of owned.get(owner) ?? []) {
    leave(socket)
    unauthenticatedWith.get(socket)?.add(socket)
  }
}

export function isAuthenticated(socket: object): boolean {
  return ownerOf.has(socket)
}

export function limitUnauthenticatedConnections(server: Server): void {
  const unauthenticated = new Set<Socket>()
  server.on('connection', (socket) => {
    unauthenticatedWith.set(socket, unauthenticated.add(socket))
    socket.once('close', () => {
      unauthenticated.delete(socket)
      unauthenticatedWith.delete(socket)
      leave(socket)
    })
    const [oldest] = unauthenticated
    if (unauthenticated.size > MOST_UNAUTHENTICATED) oldest?.destroy()
  })
}

function leave(socket: Socket): void {
  const owner = ownerOf.get(socket)
  if (owner === undefined) return
  ownerOf.delete(socket)
  const own = owned.get(owner)
  own?.delete(socket)
  if (own?.size === 0) owned.delete(owner)
}
