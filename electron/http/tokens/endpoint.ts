// GET /api/integrations/{id}/token and POST /api/integrations/token: the calls that everything else waits
// for. They sit in front of the framework and share its guard, authentication, choice and permission.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { authenticate, refuse } from '../security/app-key.ts'
import { allowOrigin } from '../security/cors.ts'
import type { Admission } from '../security/request-guard.ts'
import type { RunningRequest, HttpContext } from '../server/context.ts'
import { notAStranger } from '../server/connection-limit.ts'
import { readBody } from '../server/request-body.ts'
import { logInternal, sendFailure } from '../server/respond.ts'
import { parseTokenBody, parseTokenQuery, type TokenCall } from './request.ts'
import { sendToken } from './response.ts'
import { vendToken } from './serve.ts'

const BODY_LIMIT = 64 * 1024

/** For what isTokenCall says yes to. */
export type TokenRoute = (request: IncomingMessage, response: ServerResponse, admission: Admission) => void

export function createTokenRoute(context: HttpContext): TokenRoute {
  return (request, response, admission) => {
    const authenticated = authenticate(admission, context.keyway)
    if (authenticated.kind !== 'ok') {
      void refuse(context, request, response, authenticated)
      return
    }
    notAStranger(request.socket, authenticated.session.app.id)
    allowOrigin(response, admission)
    const running = context.running.start({ admission, session: authenticated.session, response })
    if (request.method === 'GET') {
      void vend(context, running, parseTokenQuery(admission))
      return
    }
    readBody(request, response, BODY_LIMIT, (body) => {
      try {
        if (body instanceof KeywayError) throw body
        void vend(context, running, parseTokenBody(request.headers['content-type'], body))
      } catch (error) {
        sendFailure(response, error)
      }
    })
  }
}

async function vend(context: HttpContext, running: RunningRequest, call: TokenCall): Promise<void> {
  const { response } = running
  try {
    const token = await vendToken(context, running, call)
    sendToken(response, token, context.keyway.clock.now())
  } catch (error) {
    logInternal(context, sendFailure(response, error))
  }
}
