// A program asks for the same thing on the same connection over and over. The last bodyless request that was checked in full is remembered on
// its socket: when the next one has the same head to the letter, and no app, grant, connection, provider or token is another one since, the
// checks would say the same again. What time can change (key and grant expiry, the token's life) is looked at every time.
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { may } from '../../../shared/domain/app-policy.ts'
import type { AppSession, Keyway } from '../../core/keyway.ts'
import { policyUse } from '../permit.ts'
import type { ProxiedCall } from './proxied-call.ts'
import type { Permitted, ReadyHeaders } from './trip.ts'

export type RememberedTrip = {
  readonly session: AppSession
  readonly call: ProxiedCall
  readonly permitted: Permitted
  readonly ready: ReadyHeaders
}

export type RememberedTrips = {
  /** What was found out for the same request before, if it would be found out again. */
  match(request: IncomingMessage): RememberedTrip | null
  /** Takes the revision from before the checks: what changes while they run must not be remembered as checked. */
  remember(request: IncomingMessage, trip: RememberedTrip, checkedAt: number): void
}

type Memory = RememberedTrip & {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly rawHeaders: readonly string[]
  readonly goodUntil: number
  readonly appsRevision: number
  readonly connectionsRevision: number
}

const TRIP = Symbol('remembered trip')
type RememberingSocket = Socket & { [TRIP]?: Memory }

export function createRememberedTrips(keyway: Keyway): RememberedTrips {
  const { apps, connections, tokens, vault, clock } = keyway
  return {
    match(request) {
      const memory = (request.socket as RememberingSocket)[TRIP]
      if (memory === undefined || memory.url !== request.url || memory.method !== request.method) return null
      if (memory.appsRevision !== apps.revision || memory.connectionsRevision !== connections.revision)
        return null
      if (!isSame(memory.rawHeaders, request.rawHeaders)) return null
      const { permitted } = memory
      const nowMs = clock.now()
      if (nowMs >= memory.goodUntil || !vault.unlocked) return null
      // Another token, record or policy is another object.
      const { id } = permitted.connection
      if (tokens.peek(id, nowMs) !== permitted.token || connections.record(id) !== permitted.connection)
        return null
      return connections.proxyPolicy(id) === permitted.policy ? memory : null
    },
    remember(request, trip, checkedAt) {
      // A core that does not count its changes cannot be remembered against.
      const { revision } = connections
      if (revision === undefined || apps.revision !== checkedAt) return
      const goodUntil = endOf(trip, clock.now())
      if (goodUntil === null) return
      ;(request.socket as RememberingSocket)[TRIP] = {
        ...trip,
        method: request.method,
        url: request.url,
        rawHeaders: request.rawHeaders,
        goodUntil,
        appsRevision: checkedAt,
        connectionsRevision: revision,
      }
    },
  }
}

/** When the key or the grant ends, epoch ms; null for what was not simply allowed. */
function endOf({ session, call, permitted }: RememberedTrip, nowMs: number): number | null {
  const { connection, url } = permitted
  const use = policyUse({ what: 'proxy', method: call.method, url, bodyBytes: 0 })
  const verdict = may(session.app, use, connection, nowMs)
  if (verdict.kind !== 'allow') return null
  const key = session.app.keys.find(({ id }) => id === session.keyId)
  return Math.min(verdict.grant.expiresAt ?? Infinity, key?.expiresAt ?? Infinity)
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  if (one.length !== other.length) return false
  for (let index = 0; index < one.length; index += 1) {
    if (one[index] !== other[index]) return false
  }
  return true
}
