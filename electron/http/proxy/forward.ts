// A proxied request from permission to the last byte: where to, with which token, and what to do with 401, 429, redirects and sockets that
// turn out to be dead.
import { asKeywayError } from '../../../shared/contract/errors.ts'
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { chooseConnection } from '../choose-connection.ts'
import { clientGone } from '../client-gone.ts'
import { withConnectUrl } from '../connect-links.ts'
import { permit } from '../permit.ts'
import { tokenFor } from '../vend-token.ts'
import { attempt } from './attempt.ts'
import { waitWithin } from './budget.ts'
import { maySendAgain, type Move } from './next-move.ts'
import { permitLater, permitNow } from './permitted.ts'
import type { Tried } from './relay.ts'
import { startTrip, type Forwarding, type ForwardParts, type Permitted, type Trip } from './trip.ts'
import { upstreamFailure } from './upstream-failure.ts'

/**
 * Answers the request. `onPermitted` hears of a permission that took no waiting. @throws KeywayError when there is nothing of the API to hand
 * on; the record is written in any case.
 */
export async function forward(
  parts: ForwardParts,
  forwarding: Forwarding,
  onPermitted: (permitted: Permitted) => void,
): Promise<void> {
  const { keyway } = parts.context
  const { session, call } = forwarding
  let connection: ConnectionRecord | null = null
  let permitted: Permitted | null
  try {
    connection = chooseConnection(keyway, session.app, call.wanted)
    permitted = permitNow(parts, forwarding, connection)
    if (permitted === null) permitted = await permitLater(parts, forwarding, connection)
    else onPermitted(permitted)
  } catch (thrown) {
    throw refused(parts, forwarding, connection, { thrown, url: null })
  }
  await travel(parts, startTrip(forwarding, permitted, { ready: null, leavesAt: keyway.clock.monotonicMs() }))
}

/** The way there and back, once it is permitted. @throws KeywayError as {@link forward} does */
export async function travel(parts: ForwardParts, trip: Trip): Promise<void> {
  parts.running.add(trip)
  try {
    const tried = await tryAll(parts, trip)
    if (trip.ended !== null) throw trip.ended
    // Half an answer must not look like a whole one.
    if (tried.kind === 'failed') trip.response.destroy()
    parts.notes.note(trip, tried)
  } catch (thrown) {
    throw refused(parts, trip, trip.connection, { thrown: trip.ended ?? thrown, url: trip.url })
  } finally {
    parts.running.remove(trip)
  }
}

function refused(
  { context, notes }: ForwardParts,
  { session, call, startedAt }: Pick<Forwarding, 'session' | 'call' | 'startedAt'>,
  connection: ConnectionRecord | null,
  { thrown, url }: { thrown: unknown; url: Trip['url'] | null },
) {
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

async function tryAll(parts: ForwardParts, trip: Trip): Promise<Tried> {
  for (;;) {
    const { origin, pathname } = trip.url
    const address = `${trip.connection.id} ${origin}${pathname}`
    const wait = parts.pace.waitMs({
      providerId: trip.connection.providerId,
      address,
      privateTarget: trip.privateAllowed,
    })
    if (wait > 0) await waitWithin(parts.context.keyway.clock, trip, wait)
    const { tried, move } = await attempt(parts, trip)
    if (tried.kind === 'failed' && maySendAgain(trip, tried)) {
      trip.resent = true
      continue
    }
    if (tried.kind === 'failed' && !tried.answered) throw upstreamFailure(tried.error, trip.url)
    if (move.kind === 'relay' || tried.kind !== 'dropped') return tried
    if (move.kind === 'wait') parts.pace.pause(address, move.delayMs)
    await follow(parts, trip, move)
  }
}

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
      const use = { what: 'proxy', method: trip.call.method, url: move.url, bodyBytes: 0 } as const
      await permit(context.keyway, trip.session, trip.connection, use, () => clientGone(trip.response))
    }
  }
}
