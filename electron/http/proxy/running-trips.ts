// Proxied calls under way, which may last for hours. A key that is revoked, an app that is paused, a grant that is taken away end them too,
// not only the next call.
import { KeywayError } from '../../../shared/contract/errors.ts'
import { may } from '../../../shared/domain/app-policy.ts'
import type { Keyway } from '../../core/keyway.ts'
import { policyUse } from '../permit.ts'
import { sendFailure } from '../send.ts'
import type { Trip } from './trip.ts'

export type RunningTrips = { add(trip: Trip): void; remove(trip: Trip): void }

export function createRunningTrips(keyway: Keyway, closing: AbortSignal): RunningTrips {
  const running = new Set<Trip>()
  const stop = keyway.on('apps', () => {
    for (const trip of running) {
      trip.ended = refusalNow(keyway, trip)
      // Ends the call at the API too, since nobody listens any more.
      if (trip.ended !== null) sendFailure(trip.response, trip.ended)
    }
  })
  closing.addEventListener('abort', stop)
  return { add: (trip) => void running.add(trip), remove: (trip) => void running.delete(trip) }
}

/** Null while it would still be let in. */
function refusalNow(keyway: Keyway, { session, connection, call, url }: Trip): KeywayError | null {
  const app = keyway.apps.list().find(({ id }) => id === session.app.id)
  const now = keyway.clock.now()
  const key = app?.keys.find(({ id }) => id === session.keyId)
  if (app === undefined || key === undefined || (key.expiresAt !== null && key.expiresAt <= now)) {
    return new KeywayError('unauthorized', { message: 'The app key is not valid here (any more).' })
  }
  const use = policyUse({ what: 'proxy', method: call.method, url, bodyBytes: null })
  const verdict = may(app, use, connection, now)
  return verdict.kind === 'deny' ? new KeywayError('forbidden', { message: verdict.reason }) : null
}
