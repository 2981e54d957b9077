// The protected API: a token first, then the answer.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { apiAnswerFor, sendJson } from './api-answers.ts'
import type { CallAuthorizer } from './authorize-call.ts'

export type ProtectedApi = (req: IncomingMessage, res: ServerResponse, url: URL) => Promise<void>

export function createProtectedApi(authorize: CallAuthorizer, closing: AbortSignal): ProtectedApi {
  return async (req, res, url) => {
    const decision = await authorize(req, url.pathname)
    if (decision.kind === 'refused') {
      res.setHeader('www-authenticate', decision.challenge)
      sendJson(res, 401, { error: decision.error ?? 'unauthorized', error_description: decision.description })
      return
    }
    const answer = apiAnswerFor(req.method ?? 'GET', url.pathname)
    if (answer === null) {
      sendJson(res, 404, { error: 'not_found', message: 'The rehearsal API has nothing at that address.' })
      return
    }
    await answer({ req, res, url, caller: decision.caller, closing })
  }
}
