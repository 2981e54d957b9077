// A proxied request from permission to the last byte: where to, with which token, and what to do with 401, 429, redirects and sockets that
// turn out to be dead.
import { asKeywayError, type KeywayError } from '../../../shared/contract/errors.ts'
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { chooseConnection } from '../choose-connection.ts'
import { clientGone } from '../client-gone.ts'
import { withConnectUrl } from '../connect-links.ts'
import { permit } from '../permit.ts'
import { tokenFor } from '../vend-token.ts'
import { attempt, type Attempted } from './attempt.ts'
import { leftMs, waitWithin } from './budget.ts'
import { maySendAgain, type Move } from './next-move.ts'
import { permitLater, permitNow, runOn } from './permitted.ts'
import type { Tried } from './relay.ts'
import { startTrip, type Forwarding, type ForwardParts, type Permitted, type Trip } from './trip.ts'
import { upstreamFailure } from './upstream-failure.ts'

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
    const permitted = permitNow(parts, forwarding, connection)
    if (permitted === null) {
      permitLater(parts, forwarding, connection).then(go, fail)
      return
    }
    go(permitted)
  } catch (thrown) {
    fail(thrown)
  }
}

/** The way there and back, once it is permitted. Nearly always the first try is the last; only then is there anything to wait for. */
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
  const failure = withConnectUrl(context, asKeywayError(thrown), {
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
