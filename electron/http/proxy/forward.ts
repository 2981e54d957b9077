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
import { waitWithin } from './budget.ts'
import { maySendAgain, type Move } from './next-move.ts'
import { permitLater, permitNow } from './permitted.ts'
import type { Tried } from './relay.ts'
import { startTrip, type Forwarding, type ForwardParts, type Permitted, type Trip } from './trip.ts'
import { upstreamFailure } from './upstream-failure.ts'

/** What becomes of a request that is not answered by the API, or whose permission took no waiting. */
export type Outcomes = {
  onPermitted(permitted: Permitted): void
  /** Nothing of the API was handed on; the record is written. */
  onFailed(failure: KeywayError): void
}

/** Answers the request, or says why not. */
export function forward(
  parts: ForwardParts,
  forwarding: Forwarding,
  { onPermitted, onFailed }: Outcomes,
): void {
  const { keyway } = parts.context
  const { session, call } = forwarding
  let connection: ConnectionRecord | null = null
  const go = (permitted: Permitted): void => {
    const trip = startTrip(forwarding, permitted, { ready: null, leavesAt: keyway.clock.monotonicMs() })
    travel(parts, trip, onFailed)
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
    onPermitted(permitted)
    go(permitted)
  } catch (thrown) {
    fail(thrown)
  }
}

/** The way there and back, once it is permitted. Nearly always the first try is the last; only then is there anything to wait for. */
export function travel(parts: ForwardParts, trip: Trip, onFailed: Outcomes['onFailed']): void {
  const fail = (thrown: unknown): void => {
    parts.running.remove(trip)
    onFailed(refused(parts, trip, trip.connection, { thrown: trip.ended ?? thrown, url: trip.url }))
  }
  const over = (tried: Tried): void => {
    if (trip.ended !== null) {
      fail(trip.ended)
      return
    }
    parts.running.remove(trip)
    // Half an answer must not look like a whole one.
    if (tried.kind === 'failed') trip.response.destroy()
    parts.notes.note(trip, tried)
  }
  parts.running.add(trip)
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

function waitMs({ pace }: ForwardParts, trip: Trip): number {
  const { connection, privateAllowed } = trip
  return pace.waitMs({
    providerId: connection.providerId,
    address: () => addressOf(trip),
    privateTarget: privateAllowed,
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
      trip.ready = null
      const { method, body, bodyBytes } = trip.call
      const use = { what: 'proxy', method, url: move.url, bodyBytes, body } as const
      await permit(context.keyway, trip.session, trip.connection, use, () => clientGone(trip.response))
    }
  }
}
