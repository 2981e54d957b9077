// An ordinary fastify route with a parsed body and the same answer, without any check.
import type { AddressInfo } from 'node:net'
import fastify from 'fastify'
import { serve } from './answer.ts'

const app = fastify({ keepAliveTimeout: 72_000 })
const answer = { data: 'x'.repeat(200 - '{"data":""}'.length) }
app.post(
  '/api/integrations/token',
  {
    schema: {
      body: { type: 'object', properties: { provider: { type: 'string' } }, required: ['provider'] },
      response: { 200: { type: 'object', properties: { data: { type: 'string' } } } },
    },
  },
  () => answer,
)
await app.listen({ port: 0, host: '127.0.0.1' })
serve({ port: (app.server.address() as AddressInfo).port })
