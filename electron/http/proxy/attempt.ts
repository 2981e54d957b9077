// One try of a trip: the headers with the token, the way there, and what the head of the answer means for the next step.
import { tokenVerdict } from '../../../shared/domain/connection-state.ts'
import type { Routes } from '../../core/network/types.ts'
import { inviteBody } from '../body-reader.ts'
import { leftMs } from './budget.ts'
import { requestHeaders, type ReturnedHeaders } from './forwarded-headers.ts'
import { headerOf, nextMove, type Move } from './next-move.ts'
import { tryOnce, type Tried } from './relay.ts'
import { plainTokenHeaders, provenTokenHeaders, type TokenHeaders } from './token-headers.ts'
import type { ForwardParts, Trip } from './trip.ts'

export type Attempted = { tried: Tried; move: Move }

/** `done` once, or `broken` when it could not even be tried. @throws KeywayError in the same case, when that is known at once */
export function attempt(
  parts: ForwardParts,
  trip: Trip,
  done: (attempted: Attempted) => void,
  broken: (thrown: unknown) => void,
): void {
  const routes = parts.upstreams.routesFor(trip.url, trip)
  const headers = headersFor(parts, trip)
  if (!(routes instanceof Promise) && !(headers instanceof Promise)) {
    send(parts, trip, { routes, headers }, done)
    return
  }
  Promise.all([routes, headers])
    .then(([way, ready]) => send(parts, trip, { routes: way, headers: ready }, done))
    .catch(broken)
}

function headersFor(parts: ForwardParts, trip: Trip): readonly string[] | Promise<readonly string[]> {
  const carried = plainTokenHeaders(trip.token)
  if (carried !== null) return withToken(trip, carried)
  const { call, url, connection } = trip
  const proof = { method: call.method, url, nonce: parts.nonces.last(connection.id, url.origin) }
  return provenTokenHeaders(parts.context.keyway, connection, proof).then((proven) => withToken(trip, proven))
}

function withToken({ call, policy }: Pick<Trip, 'call' | 'policy'>, carried: TokenHeaders): string[] {
  const isStreamed = call.body !== null && !Buffer.isBuffer(call.body)
  const length = isStreamed && call.bodyBytes !== null ? String(call.bodyBytes) : null
  const own = length === null ? carried : [...carried, ['content-length', length] as const]
  return requestHeaders(call.headers, policy.headers, own)
}

function send(
  parts: ForwardParts,
  trip: Trip,
  { routes, headers }: { routes: Routes; headers: readonly string[] },
  resolve: (attempted: Attempted) => void,
): void {
  const { call, url, running } = trip
  // Its right may have been taken away while the way there was looked up.
  if (running.ended !== null) throw running.ended
  let move: Move = { kind: 'relay' }
  const decide = (status: number, head: ReturnedHeaders): 'relay' | 'drop' => {
    learn(parts, trip, status, head)
    // Whatever is below 300 is the API's answer.
    if (status >= 300) move = moveAfter(parts, trip, status, head)
    return move.kind === 'relay' ? 'relay' : 'drop'
  }
  const path = url.pathname + url.search
  if (call.body !== null) inviteBody(running.response)
  tryOnce(
    { routes, passing: parts.passing },
    running,
    { origin: url.origin, path, method: call.method, headers, body: call.body, decide },
    (tried) => resolve({ tried, move }),
  )
}

function moveAfter(parts: ForwardParts, trip: Trip, status: number, head: ReturnedHeaders): Move {
  const { clock, tokens } = parts.context.keyway
  const move = nextMove({ status, head, trip, leftMs: leftMs(clock, trip), nowMs: clock.now() })
  // A token that was made a moment ago is not replaced for every API that refuses it: then its answer is handed on.
  const isFutile =
    move.kind === 'fresh_token' && !tokens.mayReplace(trip.connection.id, trip.token.generation)
  return isFutile ? { kind: 'relay' } : move
}

/** What an answer says about the token, and the nonce for the next proof. */
function learn({ context, nonces }: ForwardParts, trip: Trip, status: number, head: ReturnedHeaders): void {
  const { tokens } = context.keyway
  const { connection, token, url } = trip
  const verdict = tokenVerdict(status)
  if (verdict !== null) tokens.reportApiOutcome(connection.id, token.generation, verdict)
  if (plainTokenHeaders(token) !== null) return
  const nonce = headerOf(head.headers, 'dpop-nonce')
  if (nonce !== null) nonces.note(connection.id, url.origin, nonce)
}
