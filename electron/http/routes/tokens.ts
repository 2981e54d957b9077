import {
  errorResponseSchema,
  idParams,
  tokenResponseSchema,
  tokenBody,
  tokenQuery,
} from '../../../shared/contract/http-api.ts'
import { answeredInFront, type Framework } from '../server/framework.ts'

const description =
  'The four outcomes: 200 with a token; 503 retrying with Retry-After and retryAt; 409 not_connected, token_expired or scope_missing with a ' +
  'ready connectUrl; 424 config_error with what to change. A token call never opens a browser.'

export function tokenRoutes(app: Framework): void {
  app.post(
    '/api/integrations/token',
    {
      schema: {
        summary: 'A fresh access token',
        description,
        tags: ['Tokens'],
        body: tokenBody,
        response: { 200: tokenResponseSchema, default: errorResponseSchema },
      },
    },
    answeredInFront,
  )
  app.get(
    '/api/integrations/:id/token',
    {
      schema: {
        summary: 'The same without a body; the fast way',
        description,
        tags: ['Tokens'],
        params: idParams,
        querystring: tokenQuery,
        response: { 200: tokenResponseSchema, default: errorResponseSchema },
      },
    },
    answeredInFront,
  )
}
