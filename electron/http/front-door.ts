// Every request enters here: the guard looks first, then the few calls that must be fast are answered at once, and the framework gets the rest.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { KeywayError } from '../../shared/contract/errors.ts'
import { noteAdmission } from './admissions.ts'
import { answerPreflight, isPreflight } from './cross-origin.ts'
import { guard, type Admission } from './guard.ts'
import { answerHealth } from './health.ts'
import type { HttpContext } from './http-context.ts'
import { logInternal } from './log-internal.ts'
import { hasBody } from './refuse.ts'
import { sendFailure } from './send.ts'
import { isTokenCall } from './token-call.ts'
import { createTokenRoute } from './token-route.ts'
import { isProxyCall, type ProxyRoute } from './proxy/proxy-route.ts'

/** Handles a request when the framework is there; loads it the first time. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

const BODY_TIMEOUT_MS = 15_000

export function createFrontDoor(
  context: HttpContext,
  framework: Handler,
  proxy: ProxyRoute,
): RequestListener {
  const tokens = createTokenRoute(context)

  const route = (request: IncomingMessage, response: ServerResponse, admission: Admission): void => {
    const { path, origin } = admission
    const wantedMethod = request.headers['access-control-request-method']
    if (origin !== null && isPreflight(request.method, wantedMethod, admission)) {
      answerPreflight(response, origin, request.headers['access-control-request-headers'])
    } else if (isTokenCall(request.method, path)) tokens(request, response, admission)
    else if (isProxyCall(request.method, path)) proxy.answer(request, response, admission)
    else if (path === '/healthz' && (request.method === 'GET' || request.method === 'HEAD'))
      answerHealth(context, response)
    else {
      noteAdmission(request, admission)
      limitBodyTime(request, response)
      framework(request, response).catch((error: unknown) =>
        logInternal(context, sendFailure(response, error)),
      )
    }
  }

  return (request, response) => {
    try {
      if (context.closing.aborted) throw new KeywayError('shutting_down')
      if (proxy.answerAgain(request, response)) return
      const admission = guard(request, context.keyway)
      route(request, response, admission)
    } catch (error) {
      if (hasBody(request)) response.shouldKeepAlive = false
      logInternal(context, sendFailure(response, error))
    }
  }
}

/** A body that trickles in holds memory and a socket; only proxied uploads may take their time. */
function limitBodyTime(request: IncomingMessage, response: ServerResponse): void {
  if (!hasBody(request)) return
  const timer = setTimeout(() => {
    if (request.complete) return
    response.shouldKeepAlive = false
    sendFailure(response, new KeywayError('request_timeout'))
    request.destroy()
  }, BODY_TIMEOUT_MS)
  response.once('close', () => clearTimeout(timer))
  request.once('end', () => clearTimeout(timer))
}
