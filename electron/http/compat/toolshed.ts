import { z } from 'zod'
import {
  errorResponseSchema,
  flowStarted,
  toolshedConnections,
  toolshedDisconnected,
  toolshedLoginQuery,
  toolshedParams,
  toolshedQuery,
} from '../../../shared/contract/http-api.ts'
import { startFromLink } from '../connections/start.ts'
import { sameAccount, sees } from '../connections/selection.ts'
import { disconnect } from '../connections/views.ts'
import { chosenView } from '../routes/connections.ts'
import type { HttpContext } from '../server/context.ts'
import { type Framework, jsonOrPage, sessionOf } from '../server/framework.ts'

export function toolshedRoutes(app: Framework, context: HttpContext): void {
  const { keyway } = context
  app.get(
    '/api/auth/:provider/login',
    {
      config: { access: 'link' },
      schema: {
        summary: 'Connect an account; the same rules as a connect link',
        tags: ['Toolshed'],
        params: toolshedParams,
        querystring: toolshedLoginQuery,
        response: {
          200: jsonOrPage(flowStarted, 'Nothing for a browser to open'),
          302: z.undefined().describe('To the provider'),
          default: jsonOrPage(errorResponseSchema, 'What went wrong, and what to do'),
        },
      },
    },
    (request, reply) =>
      startFromLink(context, request, reply, {
        id: request.params.provider,
        ticket: request.query.ticket,
        returnUrl: request.query.return_url,
        account: request.query.userId,
      }),
  )
  app.get(
    '/api/auth/connections',
    {
      exposeHeadRoute: true,
      schema: {
        summary: 'Which providers an account name is connected at',
        tags: ['Toolshed'],
        querystring: toolshedQuery,
        response: { 200: toolshedConnections, default: errorResponseSchema },
      },
    },
    (request) => {
      const { userId } = request.query
      const { app: caller } = sessionOf(request)
      const slugs = keyway.connections
        .list()
        .filter((connection) => sameAccount(connection.account, userId) && sees(keyway, caller, connection))
        .map(({ providerSlug }) => providerSlug)
      return { userId, providers: [...new Set(slugs)].sort() }
    },
  )
  disconnectRoute(app, context)
}

function disconnectRoute(app: Framework, context: HttpContext): void {
  app.delete(
    '/api/auth/:provider',
    {
      schema: {
        summary: 'Disconnect an account',
        tags: ['Toolshed'],
        params: toolshedParams,
        querystring: toolshedQuery,
        response: { 200: toolshedDisconnected, default: errorResponseSchema },
      },
    },
    async (request, reply) => {
      const session = sessionOf(request)
      const { userId } = request.query
      const view = chosenView(context, session.app, { id: request.params.provider, account: userId })
      const { revoked } = await disconnect(context, session, view.id)
      void reply.header('keyway-revocation', revoked)
      return { disconnected: true as const, provider: view.providerSlug, userId }
    },
  )
}
