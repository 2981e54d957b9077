// A program asks for the same token on the same connection over and over. A call that was checked in full is remembered on its socket, byte by
// byte. When the same bytes come again, nothing else is under way there, and no app, grant or connection has changed since, then parsing and
// checking would say the same again: the answer leaves before there is a request. What time can change is looked at every time.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { AppSession, Keyway } from '../core/keyway.ts'
import { isPipelining } from './in-turn.ts'

/** What the checks found. */
export type CheckedCall = {
  readonly session: AppSession
  readonly connectionId: string
  /** Epoch ms at which the key or the grant ends. */
  readonly goodUntil: number
}

export type RepeatedCalls = {
  /** To be taken when a request arrives: what changes or comes while it is checked must not be remembered as checked. */
  arrival(request: IncomingMessage): Arrival
  /** To be called before the answer is sent. `body`: its bytes; null for a call without one. */
  remember(
    exchange: { request: IncomingMessage; response: ServerResponse },
    arrival: Arrival,
    body: Buffer | null,
    call: CheckedCall,
  ): void
}

export type Arrival = {
  readonly apps: number
  readonly connections: number | undefined
  /** The piece of the connection in which the request came whole, and its number there; null while nobody watches. */
  readonly piece: Buffer | null
  readonly pieceNumber: number
}

/** A socket whose bytes pass through here on their way to node's parser. */
type Watch = {
  pieceNumber: number
  piece: Buffer | null
  known: (CheckedCall & { bytes: Buffer; apps: number; connections: number }) | null
  /** The known call was the last thing here, its answer is out, and the parser stands right after it. */
  idle: boolean
}

const MOST_BYTES = 8 * 1024
const WATCH = Symbol('watch')
type WatchedSocket = Socket & { [WATCH]?: Watch }

/** `answerTo`: the whole answer as it goes out, noted as given; null when the call has to be looked at again. */
export function createRepeatedCalls(
  keyway: Keyway,
  answerTo: (call: CheckedCall) => Buffer | null,
): RepeatedCalls {
  const isUnchanged = ({ apps, connections }: { apps: number; connections: number }): boolean =>
    apps === keyway.apps.revision && connections === keyway.connections.revision

  const watch = (socket: WatchedSocket): void => {
    // The one listener is node's parser; with others somebody else has plans with these bytes.
    const [parse, ...others] = socket.listeners('data')
    if (parse === undefined || others.length > 0 || isPipelining(socket)) return
    const state: Watch = { pieceNumber: 0, piece: null, known: null, idle: false }
    socket[WATCH] = state
    socket.on('data', (piece: Buffer) => {
      const { known } = state
      if (known !== null && state.idle && piece.equals(known.bytes) && isUnchanged(known)) {
        // A caller that does not read what it asked for is slowed down by node, like every other.
        const answer = socket.writableLength > 0 ? null : answerTo(known)
        if (answer !== null) {
          socket.write(answer)
          return
        }
      }
      state.idle = false
      state.pieceNumber += 1
      state.piece = piece
      parse.call(socket, piece)
      state.piece = null
    })
    socket.off('data', parse as (piece: Buffer) => void)
  }

  return {
    arrival({ socket }) {
      const { piece = null, pieceNumber = 0 } = (socket as WatchedSocket)[WATCH] ?? {}
      return { apps: keyway.apps.revision, connections: keyway.connections.revision, piece, pieceNumber }
    },
    remember({ request, response }, { apps, connections, piece, pieceNumber }, body, call) {
      // A core that does not count its changes cannot be remembered against.
      if (connections === undefined || !response.shouldKeepAlive) return
      const state = (request.socket as WatchedSocket)[WATCH]
      if (state === undefined) watch(request.socket)
      if (state === undefined || piece === null || piece.length > MOST_BYTES) return
      const bytes = bytesOf(request, body)
      if (!piece.equals(bytes)) return
      state.known = { ...call, bytes, apps, connections }
      response.once('finish', () => (state.idle = state.pieceNumber === pieceNumber))
    },
  }
}

/**
 * The request as a client writes it that writes nothing in two ways. A piece equal to this holds this request and nothing else: had its first
 * bytes belonged to an earlier request, they could not all be in this one again.
 */
function bytesOf({ method, url, rawHeaders }: IncomingMessage, body: Buffer | null): Buffer {
  let head = `${method} ${url} HTTP/1.1\r\n`
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    head += `${rawHeaders[index]}: ${rawHeaders[index + 1]}\r\n`
  }
  const bytes = Buffer.from(`${head}\r\n`, 'latin1')
  return body === null ? bytes : Buffer.concat([bytes, body])
}
