// POST /api/integrations/{id}/request and /api/integrations/{id}/request/{path*}: in front of the framework, because bodies must flow through
// untouched.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { authenticate } from '../authenticate.ts'
import { hasBody, limitBodyTime, passBody, readBody } from '../body-reader.ts'
import { allowOrigin } from '../cross-origin.ts'
import type { Admission } from '../guard.ts'
import type { HttpContext } from '../http-context.ts'
import { logInternal } from '../log-internal.ts'
import { refuse } from '../refuse.ts'
import { sendFailure } from '../send.ts'
import { notAStranger } from '../strangers.ts'
import { readyHeaders } from './attempt.ts'
import { forward, travel } from './forward.ts'
import { createNonces } from './nonces.ts'
import { createPassingBytes } from './passing-bytes.ts'
import type { Resolve } from './pinned-lookup.ts'
import { isJsonForm, parseJsonForm, parsePathForm, type ProxiedCall } from './proxied-call.ts'
import { createProxyNotes } from './proxy-notes.ts'
import { createRememberedTrips, type RememberedTrips } from './remembered-trips.ts'
import { createRequestPace } from './request-pace.ts'
import { createRunningTrips } from './running-trips.ts'
import { startTrip, type Forwarding, type ForwardParts, type Permitted } from './trip.ts'
import { createUpstreams } from './upstreams.ts'

export { isProxyCall } from './proxied-call.ts'

export type ProxyRoute = {
  answer(request: IncomingMessage, response: ServerResponse, admission: Admission): void
  /** Answers a request whose like was checked on its connection just before; false: it has to be looked at. */
  answerAgain(request: IncomingMessage, response: ServerResponse): boolean
  /** Twice is fine. */
  close(): void
}

type Exchange = { request: IncomingMessage; response: ServerResponse; admission: Admission }
type Parts = ForwardParts & { remembered: RememberedTrips }

const JSON_BYTES = 1024 * 1024
/** Bodies up to this size are kept, so that the request can be repeated with a fresh token. */
const REPLAY_BYTES = 64 * 1024

export function createProxyRoute(context: HttpContext, { resolve }: { resolve?: Resolve } = {}): ProxyRoute {
  const { keyway } = context
  const parts: Parts = {
    context,
    upstreams: createUpstreams(context.outgoing, keyway.clock, resolve),
    pace: createRequestPace(keyway.clock),
    nonces: createNonces(),
    notes: createProxyNotes(keyway),
    passing: createPassingBytes(),
    remembered: createRememberedTrips(keyway),
    running: createRunningTrips(keyway, context.closing),
  }
  return {
    answer: (request, response, admission) => answer(parts, { request, response, admission }),
    answerAgain(request, response) {
      const again = parts.remembered.match(request)
      if (again === null) return false
      const startedAt = keyway.clock.monotonicMs()
      const { session, call, permitted, ready } = again
      const trip = startTrip({ session, call, response, startedAt }, permitted, {
        ready,
        leavesAt: startedAt,
      })
      travel(parts, trip, (failure) => logInternal(context, sendFailure(response, failure)))
      return true
    },
    close: () => parts.notes.close(),
  }
}

function answer(parts: Parts, exchange: Exchange): void {
  const { request, response, admission } = exchange
  const { context } = parts
  const startedAt = context.keyway.clock.monotonicMs()
  const revision = context.keyway.apps.revision
  const authenticated = authenticate(admission, context.keyway)
  if (authenticated.kind !== 'ok') {
    void refuse(context, request, response, authenticated)
    return
  }
  notAStranger(request.socket, authenticated.session.app.id)
  allowOrigin(response, admission)
  const asked = { session: authenticated.session, admission, response, startedAt }
  const withBody = (parse: (body: Buffer) => ProxiedCall) => (body: Buffer | KeywayError) => {
    try {
      if (body instanceof KeywayError) throw body
      send(parts, { ...asked, call: parse(body) })
    } catch (error) {
      sendFailure(response, error)
    }
  }
  const length = hasBody(request) ? Number(request.headers['content-length'] ?? Infinity) : 0
  const isJson = isJsonForm(request.method, admission.path)
  if (isJson || length <= REPLAY_BYTES) limitBodyTime(request, response, context.deadlines.bodyMs)
  if (isJson) {
    const parse = (body: Buffer): ProxiedCall =>
      parseJsonForm(request.headers['content-type'], admission, body)
    readBody(request, response, JSON_BYTES, withBody(parse))
  } else if (length === 0) {
    const call = parsePathForm(request, admission, null)
    send(parts, { ...asked, call }, (permitted) =>
      remember(parts, exchange, { session: asked.session, call, permitted }, revision),
    )
  } else if (length <= REPLAY_BYTES) {
    const parse = (body: Buffer): ProxiedCall => parsePathForm(request, admission, body)
    readBody(request, response, REPLAY_BYTES, withBody(parse))
  } else {
    const body = passBody(request, response, context.deadlines.silenceMs)
    send(parts, { ...asked, call: parsePathForm(request, admission, body) })
  }
}

function send(
  parts: ForwardParts,
  asked: Forwarding,
  onPermitted: (permitted: Permitted) => void = () => undefined,
): void {
  const { call, response } = asked
  const onFailed = (failure: KeywayError): void => {
    // An upload that nobody reads any more must not keep the connection busy.
    if (call.body !== null && !Buffer.isBuffer(call.body)) response.shouldKeepAlive = false
    logInternal(parts.context, sendFailure(response, failure))
  }
  forward(parts, asked, { onPermitted, onFailed })
}

function remember(
  { remembered }: Parts,
  { request, admission }: Exchange,
  trip: Pick<Forwarding, 'session' | 'call'> & { permitted: Permitted },
  revision: number,
): void {
  // A page's calls get headers of their own.
  if (admission.origin !== null) return
  const ready = readyHeaders({ ...trip, ...trip.permitted })
  if (ready !== null) remembered.remember(request, { ...trip, ready }, revision)
}
