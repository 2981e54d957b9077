// What one proxied request carries along from try to try.
import type { ServerResponse } from 'node:http'
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import type { KeywayError } from '../../../shared/contract/errors.ts'
import type { TargetUrl } from '../../../shared/domain/proxy-target.ts'
import type { VendedToken } from '../../core/connections/token-service.ts'
import type { AppSession, ProxyPolicy } from '../../core/keyway.ts'
import type { Admission } from '../guard.ts'
import type { HttpContext } from '../http-context.ts'
import type { Nonces } from './nonces.ts'
import type { PassingBytes } from './passing-bytes.ts'
import type { ProxiedCall } from './proxied-call.ts'
import type { ProxyNotes } from './proxy-notes.ts'
import type { RequestPace } from './request-pace.ts'
import type { RunningTrips } from './running-trips.ts'
import type { Upstreams } from './upstreams.ts'

export type ForwardParts = {
  context: HttpContext
  upstreams: Upstreams
  pace: RequestPace
  nonces: Nonces
  notes: ProxyNotes
  passing: PassingBytes
  running: RunningTrips
}

/** Who asks for what, and where the answer goes. */
export type Forwarding = {
  readonly session: AppSession
  readonly admission: Admission
  readonly call: ProxiedCall
  readonly response: ServerResponse
  /** Monotonic ms. */
  readonly startedAt: number
}

/** Where a request may go with what, all of it checked. */
export type Permitted = {
  readonly connection: ConnectionRecord
  readonly policy: ProxyPolicy
  readonly url: TargetUrl
  readonly privateAllowed: boolean
  readonly token: VendedToken
}

/** Headers that were built for a token; they are good for no other. */
export type ReadyHeaders = { readonly token: VendedToken; readonly headers: readonly string[] }

export type Trip = Pick<Forwarding, 'session' | 'call' | 'response' | 'startedAt'> &
  Omit<Permitted, 'url' | 'token'> & {
    url: TargetUrl
    token: VendedToken
    /** From then on it may spend its time waiting; an answer of the person does not count. Monotonic ms. */
    readonly leavesAt: number
    /** Of an earlier request with the same head. */
    ready: ReadyHeaders | null
    retriedToken: boolean
    retriedNonce: boolean
    resent: boolean
    waits: number
    redirects: number
    /** Why it was ended on the way, by what the person took away. */
    ended: KeywayError | null
  }

export function startTrip(
  { session, call, response, startedAt }: Pick<Forwarding, 'session' | 'call' | 'response' | 'startedAt'>,
  { connection, policy, url, privateAllowed, token }: Permitted,
  { ready, leavesAt }: Pick<Trip, 'ready' | 'leavesAt'>,
): Trip {
  return {
    session,
    call,
    response,
    startedAt,
    connection,
    policy,
    url,
    privateAllowed,
    token,
    ready,
    leavesAt,
    retriedToken: false,
    retriedNonce: false,
    resent: false,
    waits: 0,
    redirects: 0,
    ended: null,
  }
}
