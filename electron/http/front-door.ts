// Every request enters here: the guard looks first, then the few calls that must be fast are answered at once, and the framework gets the rest.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { KeywayError } from '../../shared/contract/errors.ts'
import { noteAdmission } from './admissions.ts'
import { authenticate } from './authenticate.ts'
import { hasBody, limitBodyTime } from './body-reader.ts'
import { answerPreflight, isPreflight } from './cross-origin.ts'
import { guard, type Admission } from './guard.ts'
import { answerHealth } from './health.ts'
import type { HttpContext } from './http-context.ts'
import { logInternal } from './log-internal.ts'
import { sendFailure } from './send.ts'
import { notAStranger } from './strangers.ts'
import { isTokenCall } from './token-call.ts'
import { createTokenRoute } from './token-route.ts'
import { isProxyCall, type ProxyRoute } from './proxy/proxy-route.ts'
import { answerOpenWindow, isOpenWindowCall } from './window/open-window.ts'

/** Handles a request when the framework is there; loads it the first time. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

export function createFrontDoor(
  context: HttpContext,
  framework: Handler,
  proxy: ProxyRoute,
): RequestListener {
  const tokens = createTokenRoute(context)

  const route = (request: IncomingMessage, response: ServerResponse, admission: Admission): void => {
    const { path, origin } = admission
    const isProxied = isProxyCall(request.method, path)
    // Uploads that are handed on have a time of their own.
    if (!isProxied) limitBodyTime(request, response, context.deadlines.bodyMs)
    const wantedMethod = request.headers['access-control-request-method']
    if (origin !== null && isPreflight(request.method, wantedMethod, admission)) {
      answerPreflight(response, origin, request.headers['access-control-request-headers'])
    } else if (isProxied) proxy.answer(request, response, admission)
    else if (isTokenCall(request.method, path)) tokens(request, response, admission)
    else if (isOpenWindowCall(request, path)) answerOpenWindow(response, admission, context.openWindow)
    else if (path === '/healthz' && (request.method === 'GET' || request.method === 'HEAD'))
      answerHealth(context, response)
    else {
      noteAdmission(request, admission)
      // Known at once, not only when the framework looks: requests may wait behind this one already.
      const authenticated = authenticate(admission, context.keyway)
      if (authenticated.kind === 'ok') notAStranger(request.socket, authenticated.session.app.id)
      framework(request, response).catch((error: unknown) =>
        logInternal(context, sendFailure(response, error)),
      )
    }
  }

  return (request, response) => {
    try {
      if (context.closing.aborted) throw new KeywayError('shutting_down')
      const admission = guard(request, context.keyway)
      route(request, response, admission)
    } catch (error) {
      if (hasBody(request)) response.shouldKeepAlive = false
      logInternal(context, sendFailure(response, error))
    }
  }
}
