// The window's calls and events over HTTP, derived from the one contract that IPC uses too.
import { parseJson } from '../../shared/domain/exact-json.ts'
import type { FastifyRequest } from 'fastify'
import { KeywayError } from '../../shared/contract/errors.ts'
import { uiEventNames } from '../../shared/contract/ui-api.ts'
import { invalidRequest } from '../core/invalid-request.ts'
import { dispatchCall } from '../core/ui/dispatch.ts'
import { admissionOf } from './admissions.ts'
import { openEventStream } from './event-stream.ts'
import type { Framework } from './framework/create-framework.ts'
import type { HttpContext } from './http-context.ts'

/** A bundle of a thousand connections with their histories comes in one call; it is read only once the window is known. */
const BODY_LIMIT = 64 * 1024 * 1024

/** POST /ui/call/{name} and GET /ui/events. `needWindow` throws unless the request comes from the signed-in window. */
export async function addUiBridge(
  app: Framework,
  context: HttpContext,
  needWindow: (request: FastifyRequest) => void,
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
      needWindow(request)
      next()
    })
    calls.post('/ui/call/:name', { config: { access: 'window' }, schema: { hide: true } }, (request) => {
      if (admissionOf(request.raw).headers.origins.length !== 1) {
        throw new KeywayError('origin_refused', { message: 'Window calls come from the window only.' })
      }
      const { name } = request.params as { name: string }
      return dispatchCall(context.keyway, name, request.body)
    })
    done()
  })
  app.get('/ui/events', { config: { access: 'window' }, schema: { hide: true } }, (request, reply) => {
    needWindow(request)
    const stream = openEventStream(reply.hijack().raw, context)
    const stops = uiEventNames.map((name) => context.keyway.on(name, (value) => stream.send(name, value)))
    stream.onEnd(() => {
      for (const stop of stops) stop()
    })
  })
}
