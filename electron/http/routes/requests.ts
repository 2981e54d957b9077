import { z } from 'zod'
import { idParams, integrationId, requestBody } from '../../../shared/contract/http-api.ts'
import { answeredInFront, contentOf, type Framework } from '../server/framework.ts'

const upstream = contentOf(
  '*/*',
  'The answer of the API, streamed; Keyway-Upstream: 1 tells it from an answer of Keyway',
)
const refusal = contentOf(
  '*/*',
  'The API’s own refusal; without Keyway-Upstream a failure of Keyway, in the shape that every other call has',
)
const description =
  'Only to the connection’s allowed hosts. On 401 one refresh and one retry when the body can be replayed (up to 64 KiB); 429 and 503 with ' +
  'Retry-After are waited for, up to 15 s, for idempotent methods. Redirects within the API’s origin are followed for GET and HEAD, and 307 and ' +
  '308 while the body can be replayed. Otherwise Location is a path of Keyway, or missing if none leads there; Keyway-Location is the API’s own. Cookies are not passed in either direction. Keyway-Account picks the account. ' +
  'A body of any bytes reaches every allowed host: /request/ with Keyway-Target, which holds a path or the whole address.'

export function requestRoutes(app: Framework): void {
  app.post(
    '/api/integrations/:id/request',
    {
      schema: {
        summary: 'Send one API request, described as JSON',
        description,
        tags: ['Requests'],
        params: idParams,
        body: requestBody,
        response: { 200: upstream, default: refusal },
      },
    },
    answeredInFront,
  )
  app.route({
    method: ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    url: '/api/integrations/:id/request',
    schema: {
      summary: 'Send an API request to the base address itself; POST has a slash at the end',
      description,
      tags: ['Requests'],
      params: idParams,
      response: { 200: upstream, default: refusal },
    },
    handler: answeredInFront,
  })
  app.route({
    method: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    url: '/api/integrations/:id/request/*',
    schema: {
      summary: 'Send an API request by its path; bodies are streamed',
      description,
      tags: ['Requests'],
      params: z.strictObject({
        id: integrationId,
        '*': z.string().describe('Path below the connection’s base address; empty: that address'),
      }),
      response: { 200: upstream, default: refusal },
    },
    handler: answeredInFront,
  })
}
