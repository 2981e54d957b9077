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
import { notAStranger } from '../strangers.ts'
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

const WINDOW_HEADERS = {
  'content-security-policy': WINDOW_CSP,
  // A page that opened the window keeps no handle on it.
  'cross-origin-opener-policy': 'same-origin',
}

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
      const { cookie, proof } = sessions.open(request.raw.socket.localPort ?? 0)
      // The fragment reaches the page and nobody else; the page takes it out of the address.
      return reply.header('set-cookie', cookie).redirect(`/#window=${proof}`, 302)
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
      setHeaders: (reply) => void reply.headers({ ...COMMON_HEADERS, ...WINDOW_HEADERS }),
    })
  })
}

/**
 * Both halves of the window's session: another site cannot set the header without a preflight that is never answered, its Origin is refused by
 * the guard, and a server on another port that was sent the cookie lacks the proof.
 */
function needWindow({ raw }: FastifyRequest, sessions: WindowSessions): void {
  const { cookies, windowProofs } = admissionOf(raw).headers
  const [proof, ...more] = windowProofs
  if (proof === undefined || more.length > 0 || !sessions.has(cookies, proof)) {
    throw new KeywayError('unauthorized', {
      message: 'This window is not signed in here.',
      nextStep: 'Open the link that Keyway printed when it started, or let it print a fresh one.',
    })
  }
  notAStranger(raw.socket, 'window')
}
