// No cross-origin reading by default. An origin that the person registered for an app gets exactly the
// headers its calls need.
import type { ServerResponse } from 'node:http'
import { COMMON_HEADERS } from '../server/respond.ts'
import type { RequestContext } from './request-guard.ts'

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE'
const REQUEST_HEADERS = 'Authorization, X-API-Key, Content-Type, Keyway-Account, Keyway-Target'
const EXPOSED = 'Retry-After, Keyway-Revocation, Keyway-Upstream, Location, Link, ETag, Content-Range'
const EXPOSED_HEADER = 'access-control-expose-headers'

export function isPreflight(
  method: string | undefined,
  requestedMethod: string | undefined,
  requestContext: RequestContext,
): boolean {
  return method === 'OPTIONS' && requestContext.origin !== null && requestedMethod !== undefined
}

/** The guard has let the origin in, so some app registered it; which one, the call's key will tell. */
export function answerPreflight(
  response: ServerResponse,
  origin: string,
  headersWanted: string | undefined,
): void {
  const names = (headersWanted ?? '').split(',').map((name) => name.trim())
  const extra = names.filter((name) => /^[a-z0-9-]{1,60}$/i.test(name))
  response.writeHead(204, {
    ...COMMON_HEADERS,
    'access-control-allow-origin': origin,
    'access-control-allow-methods': METHODS,
    'access-control-allow-headers': [REQUEST_HEADERS, ...extra].join(', '),
    // A public page may reach into loopback only when told so (Private Network Access).
    'access-control-allow-private-network': 'true',
    'access-control-max-age': '300',
    vary: 'Origin',
  })
  response.end()
}

export function allowOrigin(response: ServerResponse, origin: string): void {
  response.setHeader('access-control-allow-origin', origin)
  response.setHeader(EXPOSED_HEADER, EXPOSED)
  response.setHeader('cross-origin-resource-policy', 'cross-origin')
  response.setHeader('vary', 'Origin')
}

/** Lets a page of an allowed origin read what the API sent. `headers`: names and values in turn. */
export function exposeHeaders(response: ServerResponse, headers: readonly string[]): void {
  if (!response.hasHeader(EXPOSED_HEADER)) return
  const names = new Set(EXPOSED.toLowerCase().split(', '))
  for (let index = 0; index < headers.length; index += 2) names.add((headers[index] ?? '').toLowerCase())
  response.setHeader(EXPOSED_HEADER, [...names].join(', '))
}
