// POST /api/integrations/{id}/request and /api/integrations/{id}/request/{path*}. Answered in front of the
// framework, because bodies are passed through unchanged.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { refuse } from '../security/app-key.ts'
import { allowOrigin } from '../security/cors.ts'
import type { RequestContext } from '../security/request-guard.ts'
import { markAuthenticated } from '../server/connection-limits.ts'
import type { HttpContext } from '../server/context.ts'
import { sendsBody, limitBodyTime, passBody, readBody } from '../server/request-body.ts'
import { logInternal, sendFailure } from '../server/respond.ts'
import { forward, type ForwardParts } from './forward.ts'
import { createNonces } from './headers.ts'
import { isJsonForm, parseJsonForm, parsePathForm, type ProxiedCall } from './parse.ts'
import { createRequestPace } from './rate.ts'
import type { Forwarding } from './request.ts'
import { createUpstreams, type Resolve } from './upstream.ts'
import { createProxyUsageLog } from './usage-log.ts'

export { isProxyCall } from './parse.ts'

export type ProxyRoute = {
  answer(request: IncomingMessage, response: ServerResponse, requestContext: RequestContext): void
}

type Exchange = { request: IncomingMessage; response: ServerResponse; requestContext: RequestContext }

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
    usageLog: createProxyUsageLog(keyway),
  }
  return {
    answer: (request, response, requestContext) => answer(parts, { request, response, requestContext }),
  }
}

function answer(parts: ForwardParts, { request, response, requestContext }: Exchange): void {
  const { context } = parts
  const startedAt = context.keyway.clock.monotonicMs()
  const authenticated = context.authenticate(request, requestContext)
  if (authenticated.kind !== 'ok') {
    void refuse(context, request, response, authenticated)
    return
  }
  markAuthenticated(request.socket, authenticated.session.app.id)
  if (requestContext.origin !== null) allowOrigin(response, requestContext.origin)
  const { session } = authenticated
  const running = context.running.start({ requestContext, session, response })
  if (bodyLength(requestContext) === 0 && !isJsonForm(request.method, requestContext.path)) {
    const call = parsePathForm(request, requestContext, null)
    send(parts, { session, running, response, startedAt, call, isFresh: true })
  } else answerWithBody(parts, { request, response, requestContext }, { session, running, startedAt })
}

const bodyLength = ({ headers }: RequestContext): number =>
  sendsBody(headers) ? Number(headers.contentLength ?? Infinity) : 0

type Asking = Pick<Forwarding, 'session' | 'running' | 'startedAt'>

function answerWithBody(parts: ForwardParts, exchange: Exchange, asking: Asking): void {
  const { request, response, requestContext } = exchange
  const { deadlines } = parts.context
  const { headers } = requestContext
  const withBody = (parse: (body: Buffer) => ProxiedCall) => (body: Buffer | KeywayError) => {
    try {
      if (body instanceof KeywayError) throw body
      send(parts, { ...asking, response, call: parse(body) })
    } catch (error) {
      sendFailure(response, error)
    }
  }
  const length = bodyLength(requestContext)
  const isJson = isJsonForm(request.method, requestContext.path)
  if (sendsBody(headers) && (isJson || length <= REPLAY_BYTES))
    limitBodyTime(request, response, deadlines.bodyMs)
  if (isJson) {
    const parse = (body: Buffer): ProxiedCall =>
      parseJsonForm(request.headers['content-type'], requestContext, body)
    readBody(request, response, JSON_BYTES, withBody(parse))
  } else if (length <= REPLAY_BYTES) {
    const parse = (body: Buffer): ProxiedCall => parsePathForm(request, requestContext, body)
    readBody(request, response, REPLAY_BYTES, withBody(parse))
  } else {
    const body = passBody(request, response, deadlines.silenceMs)
    send(parts, { ...asking, response, call: parsePathForm(request, requestContext, body) })
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
