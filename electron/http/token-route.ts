// GET /api/integrations/{id}/token and POST /api/integrations/token: the calls that everything else waits for. They sit in front of the
// framework and share its guard, authentication, choice and permission.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { KeywayError } from '../../shared/contract/errors.ts'
import { may } from '../../shared/domain/app-policy.ts'
import type { AppSession } from '../core/keyway.ts'
import { authenticate } from './authenticate.ts'
import { readBody } from './body-reader.ts'
import { clientGone } from './client-gone.ts'
import { allowOrigin } from './cross-origin.ts'
import type { Admission } from './guard.ts'
import type { HttpContext } from './http-context.ts'
import { logInternal } from './log-internal.ts'
import { refuse } from './refuse.ts'
import { createRepeatedCalls, type Arrival, type CheckedCall, type RepeatedCalls } from './repeated-calls.ts'
import { needStillAllowed } from './still-allowed.ts'
import { sendFailure } from './send.ts'
import { sendToken, tokenBytes } from './send-token.ts'
import { notAStranger } from './strangers.ts'
import { isPlain, parseTokenBody, parseTokenQuery, type TokenCall } from './token-call.ts'
import { vendToken, type Vended } from './vend-token.ts'

const BODY_LIMIT = 64 * 1024

/** For what isTokenCall says yes to. */
export type TokenRoute = (request: IncomingMessage, response: ServerResponse, admission: Admission) => void

type Parts = { context: HttpContext; repeated: RepeatedCalls }
type Exchange = { request: IncomingMessage; response: ServerResponse; admission: Admission }

export function createTokenRoute(context: HttpContext): TokenRoute {
  const repeated = createRepeatedCalls(context.keyway, (call) => answerAgain(context, call))
  const parts: Parts = { context, repeated }
  return (request, response, admission) => answer(parts, { request, response, admission })
}

function answer(parts: Parts, exchange: Exchange): void {
  const { request, response, admission } = exchange
  const arrival = parts.repeated.arrival(request)
  const authenticated = authenticate(admission, parts.context.keyway)
  if (authenticated.kind !== 'ok') {
    void refuse(parts.context, request, response, authenticated)
    return
  }
  notAStranger(request.socket, authenticated.session.app.id)
  allowOrigin(response, admission)
  const { session } = authenticated
  if (request.method === 'GET') {
    void vend(parts, exchange, { session, call: parseTokenQuery(admission), body: null, arrival })
    return
  }
  readBody(request, response, BODY_LIMIT, (body) => {
    try {
      if (body instanceof KeywayError) throw body
      const call = parseTokenBody(request.headers['content-type'], body)
      void vend(parts, exchange, { session, call, body, arrival })
    } catch (error) {
      sendFailure(response, error)
    }
  })
}

type Checked = { session: AppSession; call: TokenCall; body: Buffer | null; arrival: Arrival }

async function vend(parts: Parts, exchange: Exchange, checked: Checked): Promise<void> {
  const { context } = parts
  const { response, admission } = exchange
  const { session, call } = checked
  try {
    const vended = await vendToken(context, session, call, () => clientGone(response))
    if (context.keyway.apps.revision !== checked.arrival.apps) {
      needStillAllowed(context.keyway, admission, session, vended.connection)
    }
    if (admission.origin === null && isPlain(call.ask)) remember(parts, exchange, checked, vended)
    sendToken(response, vended.token, context.keyway.clock.now())
  } catch (error) {
    logInternal(context, sendFailure(response, error))
  }
}

function remember(
  { context, repeated }: Parts,
  exchange: Exchange,
  { session, body, arrival }: Checked,
  { connection }: Vended,
): void {
  const verdict = may(session.app, { what: 'token' }, connection, context.keyway.clock.now())
  if (verdict.kind !== 'allow') return
  const key = session.app.keys.find(({ id }) => id === session.keyId)
  const goodUntil = Math.min(verdict.grant.expiresAt ?? Infinity, key?.expiresAt ?? Infinity)
  repeated.remember(exchange, arrival, body, { session, connectionId: connection.id, goodUntil })
}

/** What time can change since the call was checked: its key and grant, the vault, the token, and whether Keyway still serves. */
function answerAgain({ keyway, vends, closing }: HttpContext, call: CheckedCall): Buffer | null {
  const nowMs = keyway.clock.now()
  if (nowMs >= call.goodUntil || !keyway.vault.unlocked || closing.aborted) return null
  const token = keyway.tokens.peek(call.connectionId, nowMs)
  if (token === null) return null
  vends.note(call.session, token, { nowMs, durationMs: 0 })
  return tokenBytes(token, nowMs)
}
