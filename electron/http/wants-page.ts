import type { FastifyRequest } from 'fastify'

/** True for a browser; programs, which send `*`/`*` or JSON, get JSON. */
export function wantsPage(request: FastifyRequest): boolean {
  return (request.headers.accept ?? '').includes('text/html')
}
