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
import { guard, type Admission } from './guard.ts'
import type { HttpContext } from './http-context.ts'
import { logInternal } from './log-internal.ts'
import { refuse } from './refuse.ts'
import {
  createRememberedCalls,
  type RememberedCall,
  type RememberedCalls,
  type Revisions,
} from './remembered-calls.ts'
import { needStillAllowed } from './still-allowed.ts'
import { sendFailure } from './send.ts'
import { sendToken } from './send-token.ts'
import { isPlain, parseTokenBody, parseTokenQuery, type TokenCall } from './token-call.ts'
import { vendToken, type Vended } from './vend-token.ts'

const BODY_LIMITS = { limitBytes: 64 * 1024, timeoutMs: 10_000 }

export type TokenRoute = {
  /** True when the call is the same as the last one on its socket; its answer is on its way. */
  answerAgain(request: IncomingMessage, response: ServerResponse): boolean
  /** For what isTokenCall says yes to. */
  answer(request: IncomingMessage, response: ServerResponse, admission: Admission): void
}

type Parts = { context: HttpContext; remembered: RememberedCalls }
type Exchange = { request: IncomingMessage; response: ServerResponse; admission: Admission }

export function createTokenRoute(context: HttpContext): TokenRoute {
  const parts: Parts = { context, remembered: createRememberedCalls(context.keyway) }
  return {
    answerAgain(request, response) {
      const call = parts.remembered.match(request)
      if (call === null) return false
      if (call.body === null) return again(parts, response, call)
      againWithBody(parts, request, response, call.body)
      return true
    },
    answer: (request, response, admission) => answer(parts, { request, response, admission }, null),
  }
}

/** `given`: the body, when it was read already. */
function answer(parts: Parts, exchange: Exchange, given: Buffer | null): void {
  const { request, response, admission } = exchange
  const checkedAt = parts.remembered.revisions()
  const authenticated = authenticate(admission, parts.context.keyway)
  if (authenticated.kind !== 'ok') {
    void refuse(parts.context, request, response, authenticated)
    return
  }
  allowOrigin(response, admission)
  const { session } = authenticated
  const withBody = (body: Buffer | KeywayError): void => {
    try {
      if (body instanceof KeywayError) throw body
      const call = parseTokenBody(request.headers['content-type'], body)
      void vend(parts, exchange, { session, call, body, checkedAt })
    } catch (error) {
      sendFailure(response, error)
    }
  }
  if (request.method === 'GET')
    void vend(parts, exchange, { session, call: parseTokenQuery(admission), body: null, checkedAt })
  else if (given === null) readBody(request, response, BODY_LIMITS, withBody)
  else withBody(given)
}

type Checked = { session: AppSession; call: TokenCall; body: Buffer | null; checkedAt: Revisions }

async function vend(parts: Parts, exchange: Exchange, checked: Checked): Promise<void> {
  const { context } = parts
  const { response, admission } = exchange
  const { session, call } = checked
  try {
    const vended = await vendToken(context, session, call.wanted, call.ask, clientGone(response))
    if (context.keyway.apps.revision !== checked.checkedAt.apps) {
      needStillAllowed(context.keyway, admission, session, vended.connection)
    }
    if (admission.origin === null && isPlain(call.ask)) remember(parts, exchange, checked, vended)
    sendToken(response, vended.token, context.keyway.clock.now())
  } catch (error) {
    logInternal(context, sendFailure(response, error))
  }
}

function remember(
  { context, remembered }: Parts,
  { request }: Exchange,
  { session, body, checkedAt }: Checked,
  { connection }: Vended,
): void {
  const verdict = may(session.app, { what: 'token' }, connection, context.keyway.clock.now())
  if (verdict.kind !== 'allow') return
  const key = session.app.keys.find(({ id }) => id === session.keyId)
  const goodUntil = Math.min(verdict.grant.expiresAt ?? Infinity, key?.expiresAt ?? Infinity)
  remembered.remember(request, { session, body, connectionId: connection.id, goodUntil }, checkedAt)
}

function again({ context }: Parts, response: ServerResponse, call: RememberedCall): boolean {
  const { keyway } = context
  const nowMs = keyway.clock.now()
  if (nowMs >= call.goodUntil || !keyway.vault.unlocked) return false
  const token = keyway.tokens.peek(call.connectionId, nowMs)
  if (token === null) return false
  sendToken(response, token, nowMs)
  context.vends.note(call.session, token, { nowMs, durationMs: 0 })
  return true
}

function againWithBody(
  parts: Parts,
  request: IncomingMessage,
  response: ServerResponse,
  expected: Buffer,
): void {
  readBody(request, response, BODY_LIMITS, (body) => {
    try {
      if (body instanceof KeywayError) throw body
      // Between head and body anything may have changed, so the match is made again.
      const call = parts.remembered.match(request)
      if (call !== null && body.equals(expected) && again(parts, response, call)) return
      answer(parts, { request, response, admission: guard(request, parts.context.keyway) }, body)
    } catch (error) {
      sendFailure(response, error)
    }
  })
}
