// The limit: node:http with a static answer of 200 bytes.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve } from './answer.ts'

const body = JSON.stringify({ data: 'x'.repeat(200 - '{"data":""}'.length) })
const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
  response.end(body)
})
server.keepAliveTimeout = 72_000
server.listen(0, '127.0.0.1', () => serve({ port: (server.address() as AddressInfo).port }))
