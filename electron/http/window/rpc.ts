// The window's calls and events over HTTP, derived from the one contract that IPC uses too.
import type { FastifyRequest } from 'fastify'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { parseJson } from '../../../shared/domain/exact-json.ts'
import { invalidRequest } from '../../core/invalid-request.ts'
import type { WindowSession } from '../../core/presence/presence.ts'
import { dispatchCall, subscribeWindow } from '../../core/ui/dispatch.ts'
import { requestContextOf } from '../security/request-guard.ts'
import { markAuthenticated } from '../server/connection-limits.ts'
import type { HttpContext } from '../server/context.ts'
import type { Framework } from '../server/framework.ts'
import { openEventStream } from '../server/respond.ts'
import type { WindowSessions } from './sessions.ts'

/**
 * A bundle of a thousand connections with their histories comes in one call; it is read only once the window
 * is known.
 */
const BODY_LIMIT = 64 * 1024 * 1024

/** POST /ui/call/{name} and GET /ui/events, for whoever has a window's session. */
export async function addUiBridge(
  app: Framework,
  context: HttpContext,
  sessions: WindowSessions,
): Promise<void> {
  await app.register((calls, _options, done) => {
    calls.removeAllContentTypeParsers()
    // A call without input has an empty body; the framework's own parser refuses that.
    calls.addContentTypeParser(
      'application/json',
      { parseAs: 'string', bodyLimit: BODY_LIMIT },
      (_request, body, parsed) => {
        try {
          parsed(null, body === '' ? undefined : parseJson(String(body)))
        } catch (error) {
          parsed(invalidRequest('body', [{ path: [], message: 'It is not JSON.' }]))
          context.keyway.logger.debug('A window call was not JSON', { error })
        }
      },
    )
    calls.addHook('onRequest', (request, _reply, next) => {
      needWindow(request, sessions)
      next()
    })
    calls.post(
      '/ui/call/:name',
      { config: { access: 'window' }, schema: { hide: true } },
      async (request, reply) => {
        if (requestContextOf(request.raw).headers.origins.length !== 1) {
          throw new KeywayError('origin_refused', { message: 'Window calls come from the window only.' })
        }
        const { name } = request.params as { name: string }
        const session = needWindow(request, sessions)
        const renewSession = (): WindowSession => {
          const fresh = sessions.renew(session, request.raw.socket.localPort ?? 0)
          reply.headers({ 'set-cookie': fresh.cookie, 'x-keyway-window': fresh.proof })
          return fresh.session
        }
        const result = await dispatchCall(context.keyway, { session, renewSession }, name, request.body)
        // A window that proved itself stays signed in whatever happens to this process next.
        if (reply.hasHeader('set-cookie')) await sessions.saved()
        // As for a missing session: what holds for the window, not for this one call, is the status too.
        return !result.ok && result.failure.code === 'presence_required'
          ? reply.code(403).send(result)
          : result
      },
    )
    done()
  })
  app.get('/ui/events', { config: { access: 'window' }, schema: { hide: true } }, (request, reply) => {
    const session = needWindow(request, sessions)
    const stream = openEventStream(reply.hijack().raw, context)
    stream.onEnd(subscribeWindow(context.keyway, session, (name, value) => stream.send(name, value)))
  })
}

/**
 * Both halves of the window's session: another site cannot set the header without a preflight that is never
 * answered, its Origin is refused by the guard, and a server on another port that was sent the cookie lacks
 * the proof.
 */
function needWindow({ raw }: FastifyRequest, sessions: WindowSessions): WindowSession {
  const { cookies, csrfTokens } = requestContextOf(raw).headers
  const [proof, ...more] = csrfTokens
  const session = proof === undefined || more.length > 0 ? null : sessions.find(cookies, proof)
  if (session === null) {
    throw new KeywayError('unauthorized', {
      message: 'This window is not signed in here.',
      nextStep: 'Press Enter in the terminal in which Keyway runs, or run "keyway open".',
    })
  }
  markAuthenticated(raw.socket, 'window')
  return session
}
