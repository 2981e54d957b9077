// What one connection may take: its share of connections without a key, and of requests that wait.
//
// Requests that arrive on a connection before the last one was answered (pipelining) wait in order. Hundreds
// sent at once then cost only their heads, and what was revoked meanwhile applies to those that wait. The
// number of waiting requests is limited for each connection.
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

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

// Limits the connections on which no valid key was shown. The oldest is closed for the next one, so that a
// flood neither keeps a program with a key out nor uses up the file descriptors that the data folder needs.

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
