import { answeredInFront, type Framework } from '../server/framework.ts'
import { healthAnswer } from '../server/respond.ts'
import { pageHeaders } from '../pages/page.ts'
import { referencePage } from '../pages/reference-page.ts'

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
