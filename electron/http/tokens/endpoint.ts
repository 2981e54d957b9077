// GET /api/integrations/{id}/token and POST /api/integrations/token: the calls that everything else waits
// for. They sit in front of the framework and share its guard, authentication, choice and permission. Nearly
// always the token is at hand, and the call is answered at once; everything else takes the full path.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { AppSession } from '../../core/keyway.ts'
import { refuse } from '../security/app-key.ts'
import { connectionPermission } from '../security/connection-permission.ts'
import { allowOrigin } from '../security/cors.ts'
import type { Admission } from '../security/request-guard.ts'
import { notAStranger } from '../server/connection-limit.ts'
import type { HttpContext, RunningRequest } from '../server/context.ts'
import { bodyAtHand, limitBodyTime, readBody, sendsBody, tooLarge } from '../server/request-body.ts'
import { logInternal, sendFailure } from '../server/respond.ts'
import { idInTokenPath, parseTokenBody, parseTokenQuery, PLAIN_ASK, type TokenCall } from './request.ts'
import { sendToken } from './response.ts'
import { serveAtHand, vendToken } from './serve.ts'

const BODY_LIMIT = 64 * 1024

/** For what isTokenCall says yes to. */
export type TokenRoute = (request: IncomingMessage, response: ServerResponse, admission: Admission) => void

type Exchange = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly admission: Admission
  readonly session: AppSession
}

export function createTokenRoute(context: HttpContext): TokenRoute {
  return (request, response, admission) => {
    const authenticated = context.authenticate(request, admission)
    if (authenticated.kind !== 'ok') {
      void refuse(context, request, response, authenticated)
      return
    }
    const { session } = authenticated
    notAStranger(request.socket, session.app.id)
    allowOrigin(response, admission)
    const exchange = { request, response, admission, session }
    if (request.method === 'POST') setImmediate(answerPost, context, exchange)
    else answerGet(context, exchange)
  }
}

function answerGet(context: HttpContext, exchange: Exchange): void {
  const { request, response, admission } = exchange
  if (sendsBody(admission.headers)) limitBodyTime(request, response, context.deadlines.bodyMs)
  const isPlain = admission.query === ''
  if (isPlain && answerAtHand(context, exchange, plainCall(admission))) return
  const running = context.running.start(exchange)
  void answerLater(context, running, parseTokenQuery(admission))
}

const plainCall = ({ path }: Admission): TokenCall => ({
  wanted: { id: idInTokenPath(path) },
  ask: PLAIN_ASK,
})

/** Once all that came with the head has been read: by then a small body is here. */
function answerPost(context: HttpContext, exchange: Exchange): void {
  const { request, response } = exchange
  const body = bodyAtHand(request)
  if (body === null) waitForBody(context, exchange)
  else if (!response.headersSent) answerBody(context, exchange, { body, running: null })
}

function waitForBody(context: HttpContext, exchange: Exchange): void {
  const { request, response } = exchange
  const running = context.running.start(exchange)
  limitBodyTime(request, response, context.deadlines.bodyMs)
  readBody(request, response, BODY_LIMIT, (body) => answerBody(context, exchange, { body, running }))
}

function answerBody(
  context: HttpContext,
  exchange: Exchange,
  came: { body: Buffer | KeywayError; running: RunningRequest | null },
): void {
  const { response, admission } = exchange
  try {
    if (came.body instanceof KeywayError) throw came.body
    if (came.body.length > BODY_LIMIT) throw tooLarge(BODY_LIMIT)
    const call = parseTokenBody(admission.headers.contentType, came.body)
    const isAtHand = came.running === null && isStillAuthenticated(context, exchange)
    if (isAtHand && answerAtHand(context, exchange, call)) return
    void answerLater(context, came.running ?? context.running.start(exchange), call)
  } catch (error) {
    sendFailure(response, error)
  }
}

/** Its app may have changed in the turn between its head and its body. */
function isStillAuthenticated(context: HttpContext, { request, admission, session }: Exchange): boolean {
  const now = context.authenticate(request, admission)
  return now.kind === 'ok' && now.session === session
}

/** False: it takes the full path. */
function answerAtHand(context: HttpContext, exchange: Exchange, call: TokenCall): boolean {
  const { response, session } = exchange
  const { keyway, running } = context
  const served = serveAtHand(context, session, call)
  if (served === null) return false
  sendToken(response, served.token, keyway.clock.now())
  // What waits for a slow reader is still under way, and ends with its permission.
  if (response.writableLength > 0)
    running.start(exchange).permission = connectionPermission(keyway, served.connection, [
      { use: { what: 'token' }, by: 'permission' },
    ])
  return true
}

async function answerLater(context: HttpContext, running: RunningRequest, call: TokenCall): Promise<void> {
  const { response } = running
  try {
    const token = await vendToken(context, running, call)
    sendToken(response, token, context.keyway.clock.now())
  } catch (error) {
    logInternal(context, sendFailure(response, error))
  }
}
