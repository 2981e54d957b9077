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
import { forward } from './forward.ts'
import { createNonces } from './nonces.ts'
import { createPassingBytes } from './passing-bytes.ts'
import type { Resolve } from './pinned-lookup.ts'
import { isJsonForm, parseJsonForm, parsePathForm, type ProxiedCall } from './proxied-call.ts'
import { createProxyNotes } from './proxy-notes.ts'
import { createRequestPace } from './request-pace.ts'
import type { Forwarding, ForwardParts } from './trip.ts'
import { createUpstreams } from './upstreams.ts'

export { isProxyCall } from './proxied-call.ts'

export type ProxyRoute = {
  answer(request: IncomingMessage, response: ServerResponse, admission: Admission): void
}

type Exchange = { request: IncomingMessage; response: ServerResponse; admission: Admission }

const JSON_BYTES = 1024 * 1024
/** Bodies up to this size are kept, so that the request can be repeated with a fresh token. */
const REPLAY_BYTES = 64 * 1024

export function createProxyRoute(context: HttpContext, { resolve }: { resolve?: Resolve } = {}): ProxyRoute {
  const { keyway } = context
  const parts: ForwardParts = {
    context,
    upstreams: createUpstreams(context.outgoing, keyway.clock, resolve),
    pace: createRequestPace(keyway.clock),
    nonces: createNonces(),
    notes: createProxyNotes(keyway),
    passing: createPassingBytes(),
  }
  return {
    answer: (request, response, admission) => answer(parts, { request, response, admission }),
  }
}

function answer(parts: ForwardParts, { request, response, admission }: Exchange): void {
  const { context } = parts
  const startedAt = context.keyway.clock.monotonicMs()
  const authenticated = authenticate(admission, context.keyway)
  if (authenticated.kind !== 'ok') {
    void refuse(context, request, response, authenticated)
    return
  }
  notAStranger(request.socket, authenticated.session.app.id)
  allowOrigin(response, admission)
  const { session } = authenticated
  const running = context.running.start({ admission, session, response })
  const asked = { session, running, response, startedAt }
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
    send(parts, { ...asked, call: parsePathForm(request, admission, null) })
  } else if (length <= REPLAY_BYTES) {
    const parse = (body: Buffer): ProxiedCall => parsePathForm(request, admission, body)
    readBody(request, response, REPLAY_BYTES, withBody(parse))
  } else {
    const body = passBody(request, response, context.deadlines.silenceMs)
    send(parts, { ...asked, call: parsePathForm(request, admission, body) })
  }
}

function send(parts: ForwardParts, asked: Forwarding): void {
  const { call, response } = asked
  const onFailed = (failure: KeywayError): void => {
    // An upload that nobody reads any more must not keep the connection busy.
    if (call.body !== null && !Buffer.isBuffer(call.body)) response.shouldKeepAlive = false
    logInternal(parts.context, sendFailure(response, failure))
  }
  // Its key may have ended while the body came; then it is answered already.
  if (asked.running.ended === null) forward(parts, asked, onFailed)
}
