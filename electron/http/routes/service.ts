import { KeywayError } from '../../../shared/contract/errors.ts'
import { errorResponseSchema } from '../../../shared/contract/http-api.ts'
import { appEvents } from '../apps/events.ts'
import { pageHeaders } from '../pages/page.ts'
import { referencePage } from '../pages/reference-page.ts'
import { authenticate } from '../security/app-key.ts'
import { requestContextOf } from '../security/request-guard.ts'
import type { HttpContext } from '../server/context.ts'
import { answeredInFront, contentOf, type Framework, sessionOf } from '../server/framework.ts'
import { healthAnswer, openEventStream } from '../server/respond.ts'

export function healthRoutes(app: Framework): void {
  app.get(
    '/healthz',
    {
      exposeHeadRoute: true,
      config: { access: 'public' },
      schema: {
        summary: 'Whether Keyway answers; needs no key',
        tags: ['Server'],
        security: [],
        response: { 200: healthAnswer },
      },
    },
    answeredInFront,
  )
  const shown = { exposeHeadRoute: true, config: { access: 'public' }, schema: { hide: true } } as const
  // Long texts that anybody may ask for, and always the same: made once.
  const description = once(() => JSON.stringify(app.swagger()))
  const reference = once(() => referencePage(app.swagger()))
  app.get('/openapi.json', shown, (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(description()),
  )
  app.get('/docs', shown, (_request, reply) => reply.headers(pageHeaders()).send(reference()))
}

function once(make: () => string): () => string {
  let made: string | null = null
  return () => (made ??= make())
}

const MOST_STREAMS_PER_APP = 16

export function eventRoutes(app: Framework, context: HttpContext): void {
  const { keyway } = context
  const open = new Map<string, number>()
  app.get(
    '/api/events',
    {
      schema: {
        summary: 'Server-sent events: connection.changed, flow.changed, approval.changed',
        description:
          'Only what concerns connections the app may know about, and its own approvals. Never a secret.',
        tags: ['Server'],
        response: {
          200: contentOf('text/event-stream', 'Events, until the key is revoked'),
          default: errorResponseSchema,
        },
      },
    },
    (request, reply) => {
      const { app: caller } = sessionOf(request)
      const streams = open.get(caller.id) ?? 0
      if (streams >= MOST_STREAMS_PER_APP) {
        throw new KeywayError('rate_limited', { message: 'This app has too many event streams open.' })
      }
      const requestContext = requestContextOf(request.raw)
      const stream = openEventStream(reply.hijack().raw, context)
      open.set(caller.id, streams + 1)
      // Looked at for each event, since a permission may have been taken away; the end of the key ends the
      // stream itself.
      const current = () => {
        const authenticated = authenticate(requestContext, keyway)
        return authenticated.kind === 'ok' ? authenticated.session.app : null
      }
      const stops = appEvents(keyway, current, (name, data) => stream.send(name, data))
      stream.send('ready', { app: caller.id })
      stream.onEnd(() => {
        for (const stop of stops) stop()
        open.set(caller.id, (open.get(caller.id) ?? 1) - 1)
      })
    },
  )
}
