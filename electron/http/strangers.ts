// How many connections may be open without having shown a valid key. The oldest of them gives way to the next, so a flood neither keeps a
// program with a key out nor uses up the file descriptors that the data folder needs.
import type { Server } from 'node:http'
import type { Socket } from 'node:net'

const MOST_STRANGERS = 2000
/** Beyond these an owner's connections give way like those of strangers: one program cannot use up everyone's either. */
const MOST_OF_ONE_OWNER = 1000

const authenticated = new WeakSet<object>()
const owned = new Map<string, number>()

/** A valid key, poll token or window session came on it. `owner`: whose it is. */
export function notAStranger(socket: Socket, owner: string, most = MOST_OF_ONE_OWNER): void {
  if (authenticated.has(socket) || socket.destroyed) return
  const open = owned.get(owner) ?? 0
  if (open >= most) return
  authenticated.add(socket)
  owned.set(owner, open + 1)
  socket.once('close', () => {
    const left = (owned.get(owner) ?? 1) - 1
    if (left === 0) owned.delete(owner)
    else owned.set(owner, left)
  })
}

export function isAuthenticated(socket: object): boolean {
  return authenticated.has(socket)
}

export function limitStrangers(server: Server): void {
  const strangers = new Set<Socket>()
  server.on('connection', (socket) => {
    strangers.add(socket)
    socket.once('close', () => strangers.delete(socket))
    for (const oldest of strangers) {
      if (strangers.size <= MOST_STRANGERS) return
      strangers.delete(oldest)
      if (!authenticated.has(oldest)) oldest.destroy()
    }
  })
}
