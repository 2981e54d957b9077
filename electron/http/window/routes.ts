import fastifyStatic from '@fastify/static'
import { z } from 'zod'
import { printable } from '../../../shared/contract/http-api.ts'
import { pageHeaders } from '../pages/page.ts'
import { usedLaunchPage } from '../pages/result-page.ts'
import type { HttpContext } from '../server/context.ts'
import type { Framework } from '../server/framework.ts'
import { COMMON_HEADERS } from '../server/respond.ts'
import { addUiBridge } from './rpc.ts'
import type { LinkAsker, WindowSessions } from './sessions.ts'

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
  /** Who asked for the link; null when it is unknown, used or too old. */
  takeLaunch(ticket: string): LinkAsker | null
}

export async function windowRoutes(app: Framework, parts: WindowParts): Promise<void> {
  const { context, folder, sessions } = parts
  app.get(
    '/launch',
    {
      config: { access: 'window' },
      schema: { hide: true, querystring: z.strictObject({ ticket: printable(100) }) },
    },
    async (request, reply) => {
      const opened = parts.takeLaunch(request.query.ticket)
      if (opened === null) {
        return reply.code(410).headers(pageHeaders()).send(usedLaunchPage())
      }
      const { cookie, proof } = await sessions.open(opened, request.raw.socket.localPort ?? 0)
      // The fragment reaches the page and nobody else; the page takes it out of the address.
      return reply.header('set-cookie', cookie).redirect(`/#window=${proof}`, 302)
    },
  )
  await addUiBridge(app, context, sessions)
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
