// GET /api/integrations/{id}/token and POST /api/integrations/token. They are answered in front of the
// framework, with the same guard, authentication, selection and authorization. Nearly always a valid token
// is in memory and the request is answered directly. Everything else takes the full path in serve.ts.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { AppSession } from '../../core/keyway.ts'
import type { Wanted } from '../connections/selection.ts'
import { refuse } from '../security/app-key.ts'
import { connectionPermission } from '../security/connection-permission.ts'
import { allowOrigin } from '../security/cors.ts'
import type { RequestContext } from '../security/request-guard.ts'
import { markAuthenticated } from '../server/connection-limits.ts'
import type { HttpContext, RunningRequest } from '../server/context.ts'
import { bodyAtHand, hasBody, limitBodyTime, readBody, sendsBody, tooLarge } from '../server/request-body.ts'
import { logInternal, sendFailure } from '../server/respond.ts'
import {
  parseTokenBody,
  parseTokenQuery,
  plainTokenBody,
  plainTokenQuery,
  readJsonBody,
  type TokenCall,
} from './request.ts'
import { sendToken } from './response.ts'
import { serveAtHand, serveToken } from './serve.ts'

const BODY_LIMIT = 64 * 1024

/** For what isTokenCall says yes to. */
export type TokenRoute = (
  request: IncomingMessage,
  response: ServerResponse,
  requestContext: RequestContext,
) => void

type Exchange = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly requestContext: RequestContext
  readonly session: AppSession
}

export function createTokenRoute(context: HttpContext): TokenRoute {
  let waiting: Exchange[] = []
  const answerAll = (): void => {
    const all = waiting
    waiting = []
    for (const [index, exchange] of all.entries()) {
      answerInTurn(context, exchange)
      if (exchange.response.headersSent) continue
      // What this one waits for is to begin before the others are looked at.
      for (const other of all.slice(index + 1)) setImmediate(answerInTurn, context, other)
      return
    }
  }
  return (request, response, requestContext) => {
    const authenticated = context.authenticate(request, requestContext)
    if (authenticated.kind !== 'ok') {
      void refuse(context, request, response, authenticated)
      return
    }
    const { session } = authenticated
    markAuthenticated(request.socket, session.app.id)
    if (requestContext.origin !== null) allowOrigin(response, requestContext.origin)
    // Once all that came together has been read: by then a small body is here, and the calls of many
    // connections are answered one after the other.
    if (waiting.push({ request, response, requestContext, session }) === 1) setImmediate(answerAll)
  }
}

/** Throws nothing: others come after it. */
function answerInTurn(context: HttpContext, exchange: Exchange): void {
  const { request, response } = exchange
  if (response.headersSent || response.destroyed) return
  try {
    if (request.method === 'POST') answerPost(context, exchange)
    else answerGet(context, exchange)
  } catch (error) {
    if (hasBody(request)) response.shouldKeepAlive = false
    logInternal(context, sendFailure(response, error))
  }
}

function answerGet(context: HttpContext, exchange: Exchange): void {
  const { request, response, requestContext } = exchange
  if (sendsBody(requestContext.headers)) limitBodyTime(request, response, context.deadlines.bodyMs)
  const plain = plainTokenQuery(requestContext)
  if (plain !== null && answerAtHand(context, exchange, plain)) return
  const call = parseTokenQuery(requestContext)
  if (plain === null && isPlain(call) && answerAtHand(context, exchange, call.wanted)) return
  void answerLater(context, context.running.start(exchange), call)
}

/** Any token of the connection will do. */
const isPlain = ({ ask }: TokenCall): boolean => Object.keys(ask).length === 0

function answerPost(context: HttpContext, exchange: Exchange): void {
  const body = bodyAtHand(exchange.request)
  if (body === null) waitForBody(context, exchange)
  else answerBody(context, exchange, { body, running: null })
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
  const { response, requestContext } = exchange
  try {
    if (came.body instanceof KeywayError) throw came.body
    if (came.body.length > BODY_LIMIT) throw tooLarge(BODY_LIMIT)
    const body = readJsonBody(requestContext.headers.contentType, came.body)
    const plain = came.running === null ? plainTokenBody(body) : null
    if (plain !== null && answerAtHand(context, exchange, plain)) return
    const call = parseTokenBody(body)
    const isNew = came.running === null && plain === null
    if (isNew && isPlain(call) && answerAtHand(context, exchange, call.wanted)) return
    void answerLater(context, came.running ?? context.running.start(exchange), call)
  } catch (error) {
    sendFailure(response, error)
  }
}

/** Its app may have changed since its head came. */
function isStillAuthenticated(context: HttpContext, { request, requestContext, session }: Exchange): boolean {
  const now = context.authenticate(request, requestContext)
  return now.kind === 'ok' && now.session === session
}

/** False: it takes the full path. */
function answerAtHand(context: HttpContext, exchange: Exchange, wanted: Wanted): boolean {
  const { response, session } = exchange
  const { keyway, running } = context
  if (!isStillAuthenticated(context, exchange)) return false
  const served = serveAtHand(context, session, wanted)
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
    const token = await serveToken(context, running, call)
    sendToken(response, token, context.keyway.clock.now())
  } catch (error) {
    logInternal(context, sendFailure(response, error))
  }
}
