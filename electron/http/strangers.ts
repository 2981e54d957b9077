// How many connections may be open without having shown a valid key. The oldest of them gives way to the next, so a flood neither keeps a
// program with a key out nor uses up the file descriptors that the data folder needs.
import type { Server } from 'node:http'
import type { Socket } from 'node:net'

const MOST_STRANGERS = 2000

const known = new WeakSet<Socket>()

/** A valid key, or the window's session, came on it. */
export function notAStranger(socket: Socket): void {
  known.add(socket)
}

export function limitStrangers(server: Server): void {
  const strangers = new Set<Socket>()
  server.on('connection', (socket) => {
    strangers.add(socket)
    socket.once('close', () => strangers.delete(socket))
    for (const oldest of strangers) {
      if (strangers.size <= MOST_STRANGERS) return
      strangers.delete(oldest)
      if (!known.has(oldest)) oldest.destroy()
    }
  })
}
