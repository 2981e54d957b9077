import type { HTTPMethods } from 'fastify'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Framework } from './create-framework.ts'

/** What any address here may take. */
export const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** A known address with another method is 405 with `Allow`, not 404; OPTIONS is answered with what there is (RFC 9110 9.3.7). */
export function refuseOtherMethods(app: Framework): { complete(): void } {
  const taken = new Map<string, Set<string>>()
  let open = true
  app.addHook('onRoute', ({ url, method }) => {
    if (!open) return
    const methods = taken.get(url) ?? new Set()
    taken.set(url, methods)
    for (const each of Array.isArray(method) ? method : [method]) methods.add(each)
  })
  return {
    complete() {
      open = false
      for (const [url, methods] of taken) {
        const rest = METHODS.filter((method) => !methods.has(method))
        if (rest.length === 0) continue
        const allow = [...methods, 'OPTIONS'].join(', ')
        app.route({
          method: [...rest],
          url,
          schema: { hide: true },
          config: { access: 'public' },
          // Before any body is read.
          onRequest: async (request, reply) => {
            if (request.method !== 'OPTIONS')
              throw new KeywayError('method_not_allowed', { details: { allow } })
            return reply.code(204).header('allow', allow).send(undefined)
          },
          handler: () => undefined,
        })
      }
    },
  }
}
