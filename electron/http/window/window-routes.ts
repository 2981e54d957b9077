import fastifyStatic from '@fastify/static'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { printable } from '../../../shared/contract/http-api.ts'
import { admissionOf } from '../admissions.ts'
import type { Framework } from '../framework/create-framework.ts'
import type { HttpContext } from '../http-context.ts'
import { pageHeaders } from '../pages/page.ts'
import { usedLaunchPage } from '../pages/result-page.ts'
import { COMMON_HEADERS } from '../send.ts'
import { addUiBridge } from '../ui-bridge.ts'
import type { WindowSessions } from './window-sessions.ts'

/** Nothing inline, nothing from elsewhere, and nobody may frame it. */
const WINDOW_CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

export type WindowParts = {
  context: HttpContext
  folder: string
  sessions: WindowSessions
  takeLaunch(ticket: string): boolean
}

export async function windowRoutes(app: Framework, parts: WindowParts): Promise<void> {
  const { context, folder, sessions } = parts
  app.get(
    '/launch',
    {
      config: { access: 'window' },
      schema: { hide: true, querystring: z.strictObject({ ticket: printable(100) }) },
    },
    (request, reply) => {
      if (!parts.takeLaunch(request.query.ticket)) {
        return reply.code(410).headers(pageHeaders()).send(usedLaunchPage())
      }
      return reply.header('set-cookie', sessions.open()).redirect('/', 302)
    },
  )
  await addUiBridge(app, context, (request) => needWindow(request, sessions))
  await app.register(async (files) => {
    files.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'window' }
      route.schema = { ...route.schema, hide: true }
    })
    await files.register(fastifyStatic, {
      root: folder,
      wildcard: false,
      cacheControl: false,
      setHeaders: (reply) => void reply.headers({ ...COMMON_HEADERS, 'content-security-policy': WINDOW_CSP }),
    })
  })
}

/**
 * The window's session, and proof that the call comes from the page itself: another site cannot set the header without a preflight that is
 * never answered, and its Origin is refused by the guard.
 */
function needWindow(request: FastifyRequest, sessions: WindowSessions): void {
  if (!sessions.has(admissionOf(request.raw).headers.cookies)) {
    throw new KeywayError('unauthorized', {
      message: 'This window is not signed in here.',
      nextStep: 'Open the link that Keyway printed when it started, or let it print a fresh one.',
    })
  }
}
