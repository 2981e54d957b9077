import { openAsBlob } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Net } from 'electron'
import { mimeTypeOf } from './mime-type.ts'
import type { ProtocolHandlers } from './protocol.ts'

/**
 * `net.fetch`: the app's own schemes first, then files, then Node's fetch (no proxy, no cookies of the
 * window).
 */
export function createNetFetch(handlers: ProtocolHandlers): Net['fetch'] {
  return async (input, init) => {
    const { bypassCustomProtocolHandlers = false, ...rest } = init ?? {}
    const request = new Request(input, rest)
    const scheme = new URL(request.url).protocol.slice(0, -1)
    const handler = handlers.find(scheme)
    if (handler && !bypassCustomProtocolHandlers) return handler(request)
    if (scheme !== 'file') return fetch(request)
    const path = fileURLToPath(request.url)
    const file = await openAsBlob(path).catch((cause: unknown) => {
      throw new Error('net::ERR_FILE_NOT_FOUND', { cause })
    })
    return new Response(file, { headers: { 'content-type': mimeTypeOf(path) } })
  }
}
