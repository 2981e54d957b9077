// The API behind the proxies, and a token endpoint that does as it is told. Sizes in the path, nothing
// computed.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { serve } from './answer.ts'

type Told = { delayMs?: number; expiresIn?: number; rotates?: boolean }

let told: Required<Told> = { delayMs: 0, expiresIn: 3600, rotates: false }
let refreshes = 0
let issued = 0
/** Epoch ms of the last answer to a token request, with fractions. */
let answeredAt = 0
const piece = Buffer.alloc(64 * 1024, 'x')

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1')
  const size = Number(/\/bytes\/(\d+)$/.exec(pathname)?.[1] ?? 0)
  if (pathname === '/token') {
    refreshes += 1
    const { delayMs, expiresIn, rotates } = told
    request.resume()
    void pause(delayMs).then(() => {
      issued += 1
      response.setHeader('content-type', 'application/json')
      answeredAt = performance.timeOrigin + performance.now()
      response.end(
        JSON.stringify({
          access_token: `at-${issued}-${'t'.repeat(40)}`,
          token_type: 'Bearer',
          expires_in: expiresIn,
          ...(rotates ? { refresh_token: `rt-${issued}-${'t'.repeat(40)}` } : {}),
        }),
      )
    })
    return
  }
  request.resume()
  request.once('end', () => {
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': size })
    if (size <= piece.length) {
      response.end(piece.subarray(0, size))
      return
    }
    let left = size
    const more = (): void => {
      while (left > 0) {
        const part = left >= piece.length ? piece : piece.subarray(0, left)
        left -= part.length
        if (left === 0) response.end(part)
        else if (!response.write(part)) {
          response.once('drain', more)
          return
        }
      }
    }
    more()
  })
})
server.keepAliveTimeout = 72_000
server.requestTimeout = 0
server.listen(0, '127.0.0.1', () => {
  serve({ port: (server.address() as AddressInfo).port }, (question) => {
    told = { ...told, ...(question as Told) }
    return { refreshes, answeredAt }
  })
})
