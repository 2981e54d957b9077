// Requests that come on a connection before the last one was answered (pipelining) wait for their turn. Thousands sent at once then cost their
// heads and nothing else, and what was revoked meanwhile counts for those that wait.
import type { RequestListener } from 'node:http'
import type { Socket } from 'node:net'

/** Waiting on all connections together; a connection that brings more is ended. */
const MOST_WAITING = 10_000

const pipelining = new WeakSet<Socket>()

/** Several requests have waited here at once. Whoever takes such a connection's bytes from node's parser leaves it paused for good. */
export function isPipelining(socket: Socket): boolean {
  return pipelining.has(socket)
}

export function inTurn(handle: RequestListener): RequestListener {
  const waitingOn = new WeakMap<Socket, number>()
  let waiting = 0
  const change = (socket: Socket, by: 1 | -1): number => {
    const now = (waitingOn.get(socket) ?? 0) + by
    waiting += by
    waitingOn.set(socket, now)
    return now
  }
  const forget = (socket: Socket): void => {
    waiting -= waitingOn.get(socket) ?? 0
    waitingOn.delete(socket)
  }
  const pauseIfBehind = (socket: Socket): void => {
    if ((waitingOn.get(socket) ?? 0) > 0) socket.pause()
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
    if (!waitingOn.has(socket)) {
      pipelining.add(socket)
      socket.once('close', () => forget(socket))
    }
    // Node reads on after each message of a piece, so the pause begins when the piece is through.
    if (change(socket, 1) === 1) process.nextTick(pauseIfBehind, socket)
    response.once('socket', () => {
      // Its body may be still to come; otherwise nothing more is read as long as others wait.
      if (change(socket, -1) === 0 || !request.complete) socket.resume()
      else process.nextTick(pauseIfBehind, socket)
      // Answers that are ready at once would follow each other without anybody else's turn in between.
      setImmediate(handle, request, response)
    })
  }
}
