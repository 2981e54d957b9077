import { z } from 'zod'
import type { AppRecord } from '../../../shared/contract/app.ts'
import type { ConnectionView } from '../../../shared/contract/connection.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import {
  accountQuery,
  connectionResponseSchema as connectionSchema,
  connectionListResponseSchema as listSchema,
  connectionListQuery,
  errorResponseSchema,
  idParams,
  REVOCATION_HEADER,
} from '../../../shared/contract/http-api.ts'
import type { Keyway } from '../../core/keyway.ts'
import { chooseConnection, sees, type Wanted } from '../connections/selection.ts'
import { withConnectUrl } from '../connections/links.ts'
import { connectionAnswer, connectionListAnswer, disconnect } from '../connections/views.ts'
import { type Framework, sessionOf } from '../server/framework.ts'
import type { HttpContext } from '../server/context.ts'

export function connectionRoutes(app: Framework, context: HttpContext): void {
  listRoute(app, context)
  oneRoute(app, context)
  disconnectRoute(app, context)
}

function listRoute(app: Framework, { keyway }: HttpContext): void {
  app.get(
    '/api/integration-connections',
    {
      exposeHeadRoute: true,
      schema: {
        summary: 'The connections this app may know about',
        tags: ['Connections'],
        querystring: connectionListQuery,
        response: { 200: listSchema, default: errorResponseSchema },
      },
    },
    (request) =>
      connectionListAnswer(
        visibleConnections(keyway, sessionOf(request).app),
        request.query,
        (providerId) => keyway.providers.find(providerId)?.preset ?? null,
      ),
  )
}

function oneRoute(app: Framework, context: HttpContext): void {
  app.get(
    '/api/integrations/:id/connection',
    {
      exposeHeadRoute: true,
      schema: {
        summary: 'One connection',
        tags: ['Connections'],
        params: idParams,
        querystring: accountQuery,
        response: { 200: connectionSchema, default: errorResponseSchema },
      },
    },
    (request) => {
      const { app: caller } = sessionOf(request)
      const wanted = { id: request.params.id, account: request.query.account }
      return connectionAnswer(chosenView(context, caller, wanted))
    },
  )
}

function disconnectRoute(app: Framework, context: HttpContext): void {
  app.delete(
    '/api/integrations/:id/connection',
    {
      schema: {
        summary: 'Disconnect: revoked at the provider when it can be, removed here in any case',
        description: `The ${REVOCATION_HEADER} header says which happened: at_provider, local_only, or queued (the vault is locked: nothing is served any more, and it is revoked at the provider at the next unlock).`,
        tags: ['Connections'],
        params: idParams,
        querystring: accountQuery,
        response: { 204: z.undefined().describe('Disconnected'), default: errorResponseSchema },
      },
    },
    async (request, reply) => {
      const session = sessionOf(request)
      const { id } = toDisconnect(context, session.app, {
        id: request.params.id,
        account: request.query.account,
      })
      const result = await disconnect(context, session, id)
      return reply.code(204).header(REVOCATION_HEADER, result.revoked).send(undefined)
    },
  )
}

/**
 * Where nothing is connected there is nothing to sign in for either. @throws KeywayError connection_not_found
 */
function toDisconnect(context: HttpContext, app: AppRecord, wanted: Wanted): ConnectionView {
  try {
    return chosenView(context, app, wanted)
  } catch (error) {
    if (!(error instanceof KeywayError) || error.code !== 'not_connected') throw error
    const provider = context.keyway.providers.find(wanted.id)?.slug ?? wanted.id
    throw new KeywayError('connection_not_found', {
      message: `Nothing is connected at ${provider}, so there is nothing to disconnect.`,
      details: { provider },
    })
  }
}

function visibleConnections(keyway: Keyway, app: AppRecord): ConnectionView[] {
  return keyway.connections
    .list()
    .filter((connection) => sees(keyway, app, connection))
    .sort((one, other) => one.createdAt - other.createdAt || (one.id < other.id ? -1 : 1))
}

/** @throws KeywayError of chooseConnection, with a connectUrl when nothing is connected yet */
export function chosenView(
  context: HttpContext,
  app: AppRecord,
  wanted: { id: string; account?: string | undefined },
): ConnectionView {
  try {
    const { id } = chooseConnection(context.keyway, app, wanted)
    const view = context.keyway.connections.get(id)
    if (view === null) throw new KeywayError('connection_not_found')
    return view
  } catch (error) {
    if (!(error instanceof KeywayError)) throw error
    throw withConnectUrl(context, error, {
      id: wanted.id,
      appId: app.id,
      connectionId: null,
      account: wanted.account ?? null,
      addScopes: [],
    })
  }
}
