// Requests that arrive on a connection before the last one was answered (pipelining) wait in order. Hundreds
// sent at once then cost only their heads, and what was revoked meanwhile applies to those that wait. The
// number of waiting requests is limited for each connection.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { isAuthenticated } from './connection-limit.ts'

/**
 * On one connection: more than the pieces that node reads hold of ordinary requests. A connection that brings
 * more is ended.
 */
const MOST_WAITING = 2000
const MOST_WAITING_UNAUTHENTICATED = 100
/** On all connections without a key together; the one of them with the most is ended first. */
const MOST_WAITING_TOGETHER = 10_000

type Exchange = { request: IncomingMessage; response: ServerResponse }

/** One entry for each connection, changed in place. */
const current = new WeakMap<Duplex, Exchange>()

/** What is being answered on a connection; null when nothing is. */
export function requestInProgress(socket: Duplex): Exchange | null {
  const exchange = current.get(socket)
  return exchange === undefined || exchange.response.writableFinished ? null : exchange
}

export function withPipelining(handle: RequestListener): RequestListener {
  const places = createPlaces()
  const pauseIfBehind = (socket: Socket): void => {
    if (places.taken(socket) > 0) socket.pause()
  }
  const handleNow: RequestListener = (request, response) => {
    const exchange = current.get(request.socket)
    if (exchange === undefined) current.set(request.socket, { request, response })
    else {
      exchange.request = request
      exchange.response = response
    }
    handle(request, response)
  }
  return (request, response) => {
    // Node gives an answer its socket when the answers before it have left.
    if (response.socket !== null) {
      handleNow(request, response)
      return
    }
    const { socket } = request
    if (socket.destroyed || !places.take(socket)) {
      socket.destroy()
      return
    }
    // Node reads on after each message of a piece, so the pause begins when the piece is through.
    if (places.taken(socket) === 1) process.nextTick(pauseIfBehind, socket)
    response.once('socket', () => {
      places.leave(socket)
      // Its body may be still to come; otherwise nothing more is read as long as others wait.
      if (places.taken(socket) === 0 || !request.complete) socket.resume()
      else process.nextTick(pauseIfBehind, socket)
      // Answers that are ready at once would follow each other without anybody else's turn in between.
      setImmediate(handleNow, request, response)
    })
  }
}

function createPlaces() {
  const takenOn = new Map<Socket, number>()
  const watched = new WeakSet<Socket>()
  /** The share of each connection without a key in what they hold together. */
  const shares = new Map<Socket, number>()
  let together = 0

  const share = (socket: Socket, taken: number): void => {
    together += taken - (shares.get(socket) ?? 0)
    if (taken === 0) shares.delete(socket)
    else shares.set(socket, taken)
  }
  const change = (socket: Socket, taken: number): void => {
    if (taken === 0) takenOn.delete(socket)
    else takenOn.set(socket, taken)
    share(socket, isAuthenticated(socket) ? 0 : taken)
  }
  const endGreediest = (): void => {
    const [greediest] = [...shares].reduce((most, each) => (each[1] > most[1] ? each : most))
    change(greediest, 0)
    greediest.destroy()
  }
  return {
    taken: (socket: Socket) => takenOn.get(socket) ?? 0,
    /** False: there is none for it any more. */
    take(socket: Socket): boolean {
      const taken = (takenOn.get(socket) ?? 0) + 1
      if (taken > (isAuthenticated(socket) ? MOST_WAITING : MOST_WAITING_UNAUTHENTICATED)) return false
      if (!watched.has(socket)) socket.once('close', () => change(socket, 0))
      watched.add(socket)
      change(socket, taken)
      if (together > MOST_WAITING_TOGETHER) endGreediest()
      return !socket.destroyed
    },
    leave(socket: Socket): void {
      const taken = takenOn.get(socket) ?? 0
      if (taken > 0) change(socket, taken - 1)
    },
  }
}
