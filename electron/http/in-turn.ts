// Requests that come on a connection before the last one was answered (pipelining) wait for their turn. Thousands sent at once then cost their
// heads and nothing else, and what was revoked meanwhile counts for those that wait.
import type { RequestListener } from 'node:http'
import type { Socket } from 'node:net'

/** Waiting on all connections together; a connection that brings more is ended. */
const MOST_WAITING = 5000

export function inTurn(handle: RequestListener): RequestListener {
  const waitingOn = new WeakMap<Socket, number>()
  let waiting = 0
  const count = (socket: Socket, change: 1 | -1): number => {
    const before = waitingOn.get(socket) ?? 0
    waiting += change
    waitingOn.set(socket, before + change)
    return before + change
  }
  const forget = (socket: Socket): void => {
    waiting -= waitingOn.get(socket) ?? 0
    waitingOn.delete(socket)
  }

  return (request, response) => {
    // Node gives an answer its socket when the answers before it have left.
    if (response.socket !== null) {
      handle(request, response)
      return
    }
    const { socket } = request
    if (waiting >= MOST_WAITING || socket.destroyed) {
      socket.destroy()
      return
    }
    if (!waitingOn.has(socket)) socket.once('close', () => forget(socket))
    count(socket, 1)
    socket.pause()
    response.once('socket', () => {
      const left = count(socket, -1)
      // Its body may be still to come; otherwise nothing more is read as long as others wait.
      if (left === 0 || !request.complete) socket.resume()
      handle(request, response)
    })
  }
}
