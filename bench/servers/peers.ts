// What the proxy is compared with: http-proxy, fast-proxy, and a tunnel of two sockets that understands
// nothing.
import { createRequire } from 'node:module'
import { createServer } from 'node:http'
import { connect, createServer as createTunnel, type AddressInfo } from 'node:net'
import { Agent } from 'node:http'
import { input, serve } from './answer.ts'

const { kind, port } = input() as { kind: 'http-proxy' | 'fast-proxy' | 'tunnel'; port: number }
const require = createRequire(import.meta.url)
const target = `http://127.0.0.1:${port}`

type HttpProxy = { createProxyServer(options: object): { web(request: unknown, response: unknown): void } }
type FastProxy = (options: object) => {
  proxy(request: unknown, response: unknown, url: string, options: object): void
}

function start() {
  if (kind === 'tunnel') {
    return createTunnel((socket) => {
      const upstream = connect(port, '127.0.0.1')
      socket.pipe(upstream).pipe(socket)
      socket.once('error', () => upstream.destroy())
      upstream.once('error', () => socket.destroy())
    })
  }
  if (kind === 'http-proxy') {
    const { createProxyServer } = require('http-proxy') as HttpProxy
    // Kept alive, as it is meant to be run.
    const proxy = createProxyServer({ target, agent: new Agent({ keepAlive: true, maxSockets: 256 }) })
    return createServer({ keepAliveTimeout: 72_000 }, (request, response) => proxy.web(request, response))
  }
  const { proxy } = (require('fast-proxy') as FastProxy)({
    base: target,
    undici: { connections: 256, pipelining: 1 },
  })
  return createServer({ keepAliveTimeout: 72_000 }, (request, response) =>
    proxy(request, response, request.url ?? '/', {}),
  )
}

const server = start()
server.listen(0, '127.0.0.1', () => serve({ port: (server.address() as AddressInfo).port }))
