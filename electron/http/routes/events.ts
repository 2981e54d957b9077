import { errorAnswer } from '../../../shared/contract/http-api.ts'
import { admissionOf } from '../security/request-guard.ts'
import { authenticate } from '../security/app-key.ts'
import { appEvents } from '../apps/events.ts'
import { openEventStream } from '../server/respond.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { contentOf, type Framework, sessionOf } from '../server/framework.ts'
import type { HttpContext } from '../server/context.ts'

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
          default: errorAnswer,
        },
      },
    },
    (request, reply) => {
      const { app: caller } = sessionOf(request)
      const streams = open.get(caller.id) ?? 0
      if (streams >= MOST_STREAMS_PER_APP) {
        throw new KeywayError('rate_limited', { message: 'This app has too many event streams open.' })
      }
      const admission = admissionOf(request.raw)
      const stream = openEventStream(reply.hijack().raw, context)
      open.set(caller.id, streams + 1)
      // Looked at for each event, since a permission may have been taken away; the end of the key ends the stream itself.
      const current = () => {
        const authenticated = authenticate(admission, keyway)
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
