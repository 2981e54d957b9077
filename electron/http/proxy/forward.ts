// A proxied request from permission to the last byte: where to, with which token, and what to do with 401,
// 429, redirects and sockets that turn out to be dead.
import type { HttpContext } from '../server/context.ts'
import {
  type Nonces,
  plainTokenHeaders,
  provenTokenHeaders,
  requestHeaders,
  type ReturnedHeaders,
  type TokenHeaders,
} from './headers.ts'
import { type RequestPace, leftMs, waitWithin } from './rate.ts'
import { type Upstreams, upstreamFailure } from './upstream.ts'
import type { ProxyNotes } from './usage-log.ts'
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { asKeywayError, type KeywayError } from '../../../shared/contract/errors.ts'
import { tokenVerdict } from '../../../shared/domain/connection-state.ts'
import type { Routes } from '../../core/network/types.ts'
import { chooseConnection } from '../connections/selection.ts'
import { permit } from '../security/authorize.ts'
import { inviteBody } from '../server/request-body.ts'
import { clientGone } from '../server/respond.ts'
import { tokenFor } from '../tokens/serve.ts'
import { permitLater, permitNow, runOn } from './authorize.ts'
import { type Tried, tryOnce } from './relay.ts'
import { type Forwarding, type Permitted, startTrip, type Trip } from './request.ts'
import { headerOf, maySendAgain, type Move, nextMove } from './retry.ts'
/** Nothing of the API was handed on; the record is written. */
type OnFailed = (failure: KeywayError) => void

/** Answers the request, or says why not. */
export function forward(parts: ForwardParts, forwarding: Forwarding, onFailed: OnFailed): void {
  const { keyway } = parts.context
  const { session, call } = forwarding
  let connection: ConnectionRecord | null = null
  const go = (permitted: Permitted): void => {
    travel(parts, startTrip(forwarding, permitted, keyway.clock.monotonicMs()), onFailed)
  }
  const fail = (thrown: unknown): void =>
    onFailed(refused(parts, forwarding, connection, { thrown, url: null }))
  try {
    connection = chooseConnection(keyway, session.app, call.wanted)
    const permitted = permitNow(parts.context, forwarding, connection)
    if (permitted === null) {
      permitLater(parts.context, forwarding, connection).then(go, fail)
      return
    }
    go(permitted)
  } catch (thrown) {
    fail(thrown)
  }
}

/**
 * The way there and back, once it is permitted. Nearly always the first try is the last; only then is there
 * anything to wait for.
 */
function travel(parts: ForwardParts, trip: Trip, onFailed: OnFailed): void {
  const { running } = trip
  const fail = (thrown: unknown): void =>
    onFailed(refused(parts, trip, trip.connection, { thrown: running.ended ?? thrown, url: trip.url }))
  const over = (tried: Tried): void => {
    if (running.ended !== null) {
      fail(running.ended)
      return
    }
    // Half an answer must not look like a whole one.
    if (tried.kind === 'failed') trip.response.destroy()
    parts.notes.note(trip, tried)
  }
  const goOn = (first: Promise<Attempted>): void => void tryOn(parts, trip, first).then(over, fail)
  try {
    const wait = waitMs(parts, trip)
    if (wait > 0) {
      goOn(waitWithin(parts.context.keyway.clock, trip, wait).then(() => attemptLater(parts, trip)))
      return
    }
    const take = (attempted: Attempted): void => {
      if (attempted.tried.kind === 'relayed') over(attempted.tried)
      else goOn(Promise.resolve(attempted))
    }
    attempt(parts, trip, take, fail)
  } catch (thrown) {
    fail(thrown)
  }
}

function refused(
  { context, notes }: ForwardParts,
  { session, call, startedAt }: Pick<Forwarding, 'session' | 'call' | 'startedAt'>,
  connection: ConnectionRecord | null,
  { thrown, url }: { thrown: unknown; url: Trip['url'] | null },
): KeywayError {
  const failure = context.withConnectUrl(asKeywayError(thrown), {
    id: connection?.providerId ?? call.wanted.id,
    appId: session.app.id,
    connectionId: connection?.id ?? null,
    account: connection?.account ?? call.wanted.account ?? null,
    addScopes: [],
  })
  notes.noteFailure({ session, connection, call, url, startedAt }, failure)
  return failure
}

/** From an attempt to the last one that its answer leads to. */
async function tryOn(parts: ForwardParts, trip: Trip, first: Promise<Attempted>): Promise<Tried> {
  let attempted = await first
  for (;;) {
    const { tried, move } = attempted
    if (tried.kind === 'failed' && maySendAgain(trip, tried)) trip.resent = true
    else if (tried.kind === 'failed' && !tried.answered) throw upstreamFailure(tried.error, trip.url)
    else if (move.kind === 'relay' || tried.kind !== 'dropped') return tried
    else {
      if (move.kind === 'wait') parts.pace.pause(addressOf(trip), move.delayMs)
      await follow(parts, trip, move)
    }
    const wait = waitMs(parts, trip)
    if (wait > 0) await waitWithin(parts.context.keyway.clock, trip, wait)
    attempted = await attemptLater(parts, trip)
  }
}

function attemptLater(parts: ForwardParts, trip: Trip): Promise<Attempted> {
  return new Promise((resolve, reject) => attempt(parts, trip, resolve, reject))
}

function waitMs({ pace, context }: ForwardParts, trip: Trip): number {
  const { connection, privateAllowed, session } = trip
  return pace.waitMs({
    providerId: connection.providerId,
    appId: session.app.id,
    address: () => addressOf(trip),
    privateTarget: privateAllowed,
    mostMs: leftMs(context.keyway.clock, trip),
  })
}

const addressOf = ({ connection, url }: Trip): string => `${connection.id} ${url.origin}${url.pathname}`

async function follow(
  { context }: ForwardParts,
  trip: Trip,
  move: Exclude<Move, { kind: 'relay' }>,
): Promise<void> {
  switch (move.kind) {
    case 'fresh_token':
      trip.retriedToken = true
      trip.token = await tokenFor(context, trip.connection, {
        rejected: trip.token.accessToken,
        rejectedBy: 'proxy',
      })
      break
    case 'with_nonce':
      trip.retriedNonce = true
      break
    case 'wait':
      trip.waits += 1
      await waitWithin(context.keyway.clock, trip, move.delayMs)
      break
    case 'redirect': {
      trip.redirects += 1
      trip.url = move.url
      const { method, body, bodyBytes } = trip.call
      const use = { what: 'proxy', method, url: move.url, bodyBytes, body } as const
      const gone = () => clientGone(trip.response)
      const permitted = await permit(context.keyway, trip.session, trip.connection, use, gone)
      const { url, privateAllowed } = move
      const uses = [...trip.uses, permitted]
      runOn(context.keyway, trip, { ...trip, url, privateAllowed, uses, asked: url.href })
      context.running.check(trip.running)
    }
  }
}

// One try of a trip: the headers with the token, the way there, and what the head of the answer means for the
// next step.

export type Attempted = { tried: Tried; move: Move }

/**
 * `done` once, or `broken` when it could not even be tried. @throws KeywayError in the same case, when that
 * is known at once
 */
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
    routes,
    running,
    { origin: url.origin, path, method: call.method, headers, body: call.body, decide },
    (tried) => resolve({ tried, move }),
  )
}

function moveAfter(parts: ForwardParts, trip: Trip, status: number, head: ReturnedHeaders): Move {
  const { clock, tokens } = parts.context.keyway
  const move = nextMove({ status, head, trip, leftMs: leftMs(clock, trip), nowMs: clock.now() })
  // A token that was made a moment ago is not replaced for every API that refuses it: then its answer is
  // handed on.
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

export type ForwardParts = {
  context: HttpContext
  upstreams: Upstreams
  pace: RequestPace
  nonces: Nonces
  notes: ProxyNotes
}
