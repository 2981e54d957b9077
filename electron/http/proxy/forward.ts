// A proxied request from permission to the last byte: where to, with which token, and what to do with 401, 429 and redirects.
import type { ServerResponse } from 'node:http'
import { KeywayError, asKeywayError } from '../../../shared/contract/errors.ts'
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { resolveTarget } from '../../../shared/domain/proxy-target.ts'
import type { VendedToken } from '../../core/connections/token-service.ts'
import type { AppSession, ProxyPolicy } from '../../core/keyway.ts'
import { chooseConnection } from '../choose-connection.ts'
import { withConnectUrl } from '../connect-links.ts'
import type { HttpContext } from '../http-context.ts'
import type { Admission } from '../guard.ts'
import { permit, policyUse } from '../permit.ts'
import { needStillAllowed } from '../still-allowed.ts'
import { tokenFor } from '../vend-token.ts'
import { requestHeaders } from './forwarded-headers.ts'
import { nextMove, type Move } from './next-move.ts'
import type { ProxiedCall } from './proxied-call.ts'
import { createBudget } from './budget.ts'
import { noteProxied } from './note-proxied.ts'
import type { RequestPace } from './request-pace.ts'
import { tokenHeaders } from './token-headers.ts'
import { tryOnce, type Tried } from './relay.ts'
import { upstreamFailure } from './upstream-failure.ts'
import type { Upstreams } from './upstreams.ts'

export type ForwardParts = { context: HttpContext; upstreams: Upstreams; pace: RequestPace }

/** Who asks for what, and where the answer goes. */
export type Forwarding = {
  readonly session: AppSession
  readonly admission: Admission
  readonly call: ProxiedCall
  readonly response: ServerResponse
  /** Aborts when nobody waits for the answer any more. */
  readonly gone: AbortSignal
}

/** What one request carries along from try to try. */
type Trip = Forwarding & {
  readonly connection: ConnectionRecord
  readonly policy: ProxyPolicy
  url: URL
  privateAllowed: boolean
  token: VendedToken
  nonce: string | null
  retriedToken: boolean
  waits: number
  redirects: number
}

/** Answers the request. @throws KeywayError when there is nothing of the API to hand on; the record is written in any case. */
export async function forward(parts: ForwardParts, forwarding: Forwarding): Promise<void> {
  const { keyway } = parts.context
  const { session, call } = forwarding
  const startedAt = keyway.clock.monotonicMs()
  let connection: ConnectionRecord | null = null
  let trip: Trip | null = null
  try {
    connection = chooseConnection(keyway, session.app, call.wanted)
    trip = await prepare(parts, forwarding, connection)
    const tried = await run(parts, trip)
    // Half an answer must not look like a whole one.
    if (tried.kind === 'failed') forwarding.response.destroy()
    noteProxied(keyway, { session, connection, call, url: trip.url, tried, startedAt })
  } catch (thrown) {
    const failure = withConnectUrl(parts.context, asKeywayError(thrown), {
      id: connection?.providerId ?? call.wanted.id,
      appId: session.app.id,
      connectionId: connection?.id ?? null,
      account: connection?.account ?? call.wanted.account ?? null,
      addScopes: [],
    })
    noteProxied(keyway, { session, connection, call, url: trip?.url ?? null, failure, startedAt })
    throw failure
  }
}

async function prepare(
  { context }: ForwardParts,
  forwarding: Forwarding,
  connection: ConnectionRecord,
): Promise<Trip> {
  const { session, admission, call, gone } = forwarding
  const { revision } = context.keyway.apps
  const policy = context.keyway.connections.proxyPolicy(connection.id)
  const target = resolveTarget(policy, call.target)
  if (target.kind === 'refused') {
    throw new KeywayError(target.code, { message: target.reason, details: { field: 'url' } })
  }
  const use = { what: 'proxy', method: call.method, url: target.url, bodyBytes: call.bodyBytes } as const
  await permit(context.keyway, session, connection, use, () => gone)
  const token =
    context.keyway.tokens.peek(connection.id, context.keyway.clock.now()) ??
    (await tokenFor(context, connection, {}))
  if (context.keyway.apps.revision !== revision) {
    needStillAllowed(context.keyway, admission, session, connection, policyUse(use))
  }
  return {
    ...forwarding,
    connection,
    policy,
    url: target.url,
    privateAllowed: target.privateAllowed,
    token,
    nonce: null,
    retriedToken: false,
    waits: 0,
    redirects: 0,
  }
}

async function run(parts: ForwardParts, trip: Trip): Promise<Tried> {
  const budget = createBudget(parts.context.keyway.clock, trip.gone)
  for (;;) {
    const address = `${trip.connection.id} ${trip.url.origin}${trip.url.pathname}`
    const wait = parts.pace.waitMs({
      providerId: trip.connection.providerId,
      address,
      privateTarget: trip.privateAllowed,
    })
    if (wait > 0) await budget.wait(wait)
    const { tried, move } = await attempt(parts, trip, budget.leftMs())
    if (tried.kind === 'failed' && !tried.answered) throw upstreamFailure(tried.error, trip.url)
    if (move.kind === 'relay' || tried.kind !== 'dropped') return tried
    await follow(parts, trip, move, (delayMs) => {
      parts.pace.pause(address, delayMs)
      return budget.wait(delayMs)
    })
  }
}

async function attempt(
  parts: ForwardParts,
  trip: Trip,
  leftMs: number,
): Promise<{ tried: Tried; move: Move }> {
  const { keyway } = parts.context
  const { call, url, token } = trip
  const carried = await tokenHeaders(keyway, trip.connection, token, {
    method: call.method,
    url,
    nonce: trip.nonce,
  })
  const length = Buffer.isBuffer(call.body) || call.body === null ? null : call.bodyBytes
  const headers = requestHeaders(call.headers, [
    ...Object.entries(trip.policy.headers).filter(([name]) => !carriesHeader(call.headers, name)),
    ...carried,
    ...(length === null ? [] : ([['content-length', String(length)]] as const)),
  ])
  const dispatcher = await parts.upstreams.dispatcherFor(url, {
    extraCa: trip.policy.extraCa,
    privateAllowed: trip.privateAllowed,
  })
  let move: Move = { kind: 'relay' }
  const tried = await tryOnce(dispatcher, trip.response, {
    url,
    method: call.method,
    headers,
    body: call.body,
    decide(status, head) {
      move = nextMove({ status, head, trip, leftMs, nowMs: keyway.clock.now() })
      if (status === 401) keyway.tokens.reportApiOutcome(trip.connection.id, token.generation, 'unauthorized')
      else if (status < 400) keyway.tokens.reportApiOutcome(trip.connection.id, token.generation, 'worked')
      return move.kind === 'relay' ? 'relay' : 'drop'
    },
  })
  return { tried, move }
}

async function follow(
  { context }: ForwardParts,
  trip: Trip,
  move: Exclude<Move, { kind: 'relay' }>,
  wait: (delayMs: number) => Promise<void>,
): Promise<void> {
  switch (move.kind) {
    case 'fresh_token':
      trip.retriedToken = true
      trip.token = await tokenFor(context, trip.connection, {
        rejected: trip.token.accessToken,
      })
      break
    case 'with_nonce':
      trip.nonce = move.nonce
      break
    case 'wait':
      trip.waits += 1
      await wait(move.delayMs)
      break
    case 'redirect': {
      trip.redirects += 1
      trip.url = move.url
      const use = { what: 'proxy', method: trip.call.method, url: move.url, bodyBytes: 0 } as const
      await permit(context.keyway, trip.session, trip.connection, use, () => trip.gone)
    }
  }
}

function carriesHeader(flat: readonly string[], name: string): boolean {
  return flat.some((each, index) => index % 2 === 0 && each.toLowerCase() === name.toLowerCase())
}
