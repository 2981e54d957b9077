// POST /api/integrations/{id}/request and /api/integrations/{id}/request/{path*}: in front of the framework, because bodies must flow through
// untouched.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { authenticate } from '../authenticate.ts'
import { KeywayRequest, readBody } from '../body-reader.ts'
import { clientGone } from '../client-gone.ts'
import { allowOrigin } from '../cross-origin.ts'
import type { Admission } from '../guard.ts'
import type { HttpContext } from '../http-context.ts'
import { logInternal } from '../log-internal.ts'
import { hasBody, refuse } from '../refuse.ts'
import { sendFailure } from '../send.ts'
import { forward, type Forwarding, type ForwardParts } from './forward.ts'
import type { Resolve } from './pinned-lookup.ts'
import { isJsonForm, parseJsonForm, parsePathForm, type ProxiedCall } from './proxied-call.ts'
import { createRequestPace } from './request-pace.ts'
import { createUpstreams } from './upstreams.ts'

export { isProxyCall } from './proxied-call.ts'

export type ProxyRoute = (request: IncomingMessage, response: ServerResponse, admission: Admission) => void

const JSON_LIMITS = { limitBytes: 1024 * 1024, timeoutMs: 15_000 }
/** Bodies up to this size are kept, so that the request can be repeated with a fresh token. */
const REPLAY_BYTES = 64 * 1024
const REPLAY_LIMITS = { limitBytes: REPLAY_BYTES, timeoutMs: 15_000 }

export function createProxyRoute(context: HttpContext, { resolve }: { resolve?: Resolve } = {}): ProxyRoute {
  const parts: ForwardParts = {
    context,
    upstreams: createUpstreams(context.outgoing, resolve),
    pace: createRequestPace(context.keyway.clock),
  }

  const send = (asked: Omit<Forwarding, 'gone'>): void => {
    const { call, response } = asked
    forward(parts, { ...asked, gone: clientGone(response) }).catch((error: unknown) => {
      // An upload that nobody reads any more must not keep the connection busy.
      if (call.body !== null && !Buffer.isBuffer(call.body)) response.shouldKeepAlive = false
      logInternal(context, sendFailure(response, error))
    })
  }

  return (request, response, admission) => {
    const authenticated = authenticate(admission, context.keyway)
    if (authenticated.kind !== 'ok') {
      void refuse(context, request, response, authenticated)
      return
    }
    allowOrigin(response, admission)
    const asked = { session: authenticated.session, admission, response }
    const withBody = (parse: (body: Buffer) => ProxiedCall) => (body: Buffer | KeywayError) => {
      try {
        if (body instanceof KeywayError) throw body
        send({ ...asked, call: parse(body) })
      } catch (error) {
        sendFailure(response, error)
      }
    }
    if (isJsonForm(request.method, admission.path)) {
      const parse = (body: Buffer): ProxiedCall =>
        parseJsonForm(request.headers['content-type'], admission, body)
      readBody(request, response, JSON_LIMITS, withBody(parse))
    } else if (!hasBody(request)) send({ ...asked, call: parsePathForm(request, admission, null) })
    else if (Number(request.headers['content-length'] ?? Infinity) <= REPLAY_BYTES) {
      const parse = (body: Buffer): ProxiedCall => parsePathForm(request, admission, body)
      readBody(request, response, REPLAY_LIMITS, withBody(parse))
    } else {
      if (request instanceof KeywayRequest) request.keepSocket = true
      send({ ...asked, call: parsePathForm(request, admission, request) })
    }
  }
}
