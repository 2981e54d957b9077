// Who may use a route, said once in its config. Everything that does not say otherwise wants an app key.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AppRecord } from '../../../shared/contract/app.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { AppSession } from '../../core/keyway.ts'
import { admissionOf } from '../admissions.ts'
import { authenticate } from '../authenticate.ts'
import { allowOrigin } from '../cross-origin.ts'
import type { HttpContext } from '../http-context.ts'
import { hasBody } from '../body-reader.ts'
import { delayedRefusal } from '../refuse.ts'
import { COMMON_HEADERS } from '../send.ts'
import type { Framework } from './create-framework.ts'

/** `link`: a key or a ticket, which the route looks at itself. `pairing`, `public`: no key. `window`: the route checks its own session. */
export type Access = 'app' | 'manage' | 'approve' | 'link' | 'public' | 'window'

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
  }
}

const sessions = new WeakMap<IncomingRequest, AppSession>()
type IncomingRequest = FastifyRequest['raw']

export function admitByAccess(app: Framework, context: HttpContext): void {
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers(COMMON_HEADERS)
    const access = request.routeOptions.config.access ?? 'app'
    if (access === 'public' || access === 'window' || request.is404) return
    await admit(request, reply, access, context)
  })
}

async function admit(
  request: FastifyRequest,
  reply: FastifyReply,
  access: Access,
  context: HttpContext,
): Promise<void> {
  const admission = admissionOf(request.raw)
  const authenticated = authenticate(admission, context.keyway)
  if (authenticated.kind === 'missing' && access === 'link') return
  if (authenticated.kind !== 'ok') {
    if (hasBody(request.raw)) reply.raw.shouldKeepAlive = false
    throw await delayedRefusal(context, request.raw, authenticated)
  }
  allowOrigin(reply.raw, admission)
  const { session } = authenticated
  const refusal = accessRefusal(access, session.app)
  if (refusal !== null) throw refusal
  sessions.set(request.raw, session)
  const running = context.running.start({ admission, session, response: reply.raw })
  running.permission = { connectionId: null, refusal: (app) => accessRefusal(access, app) }
  // What the route answers later goes nowhere.
  running.abort = () => void reply.hijack()
}

function accessRefusal(access: Access, { manage, approve }: AppRecord): KeywayError | null {
  if (access === 'manage' && !manage) {
    return new KeywayError('forbidden', { message: 'Only an app that may manage providers can do that.' })
  }
  if (access !== 'approve' || approve) return null
  return new KeywayError('forbidden', { message: 'Only an app that may answer for the person can do that.' })
}

/** The app behind a request that got through. */
export function sessionOf(request: FastifyRequest): AppSession {
  const session = sessions.get(request.raw)
  if (session === undefined) throw new KeywayError('unauthorized')
  return session
}

export function sessionOrNull(request: FastifyRequest): AppSession | null {
  return sessions.get(request.raw) ?? null
}
