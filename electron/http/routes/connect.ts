import {
  accountQuery,
  connectBody,
  connectLinkResponseSchema,
  connectLinkBody,
  connectLinkQuery,
  connectionResponseSchema as connectionSchema,
  errorResponseSchema,
  flowStarted,
  idParams,
  integrationId,
  toIsoMoment,
} from '../../../shared/contract/http-api.ts'
import { z } from 'zod'
import type { ProviderView } from '../../../shared/contract/provider.ts'
import type { Keyway } from '../../core/keyway.ts'
import { chooseProvider, chooseToConnect, type ToConnect } from '../connections/selection.ts'
import { connectUrl } from '../connections/links.ts'
import { allowedReturnUrl, startFromLink } from '../connections/start.ts'
import { completeConnection } from '../connections/complete.ts'
import { type Framework, jsonOrPage, sessionOf } from '../server/framework.ts'
import type { HttpContext } from '../server/context.ts'

const redirect = z.undefined().describe('To the provider')

export function connectRoutes(app: Framework, context: HttpContext): void {
  const linkSchema = {
    summary: 'For a browser: on to the provider, with a one-time ticket (or an app key)',
    description: 'Without either the answer is a page that says to open Keyway; nothing is started.',
    tags: ['Connections'],
    querystring: connectLinkQuery,
    response: {
      200: jsonOrPage(
        flowStarted,
        'Nothing for a browser to open: a device code to type in, or connected already',
      ),
      302: redirect,
      default: jsonOrPage(errorResponseSchema, 'What went wrong, and what to do'),
    },
  }
  app.get(
    '/api/integrations/:id/connect',
    { config: { access: 'link' }, schema: { ...linkSchema, params: idParams } },
    (request, reply) =>
      startFromLink(context, request, reply, { id: request.params.id, ...linkCall(request.query) }),
  )
  app.get(
    '/api/integrations/connect/:slug',
    {
      config: { access: 'link' },
      schema: { ...linkSchema, params: z.strictObject({ slug: integrationId }) },
    },
    (request, reply) =>
      startFromLink(context, request, reply, { id: request.params.slug, ...linkCall(request.query) }),
  )
  connectLinkRoute(app, context)
  app.post(
    '/api/integrations/:id/connect',
    {
      schema: {
        summary: 'Connect with a code, the final address of a sign-in, or a refresh token',
        description: 'A refresh token is proved by one refresh before it is stored.',
        tags: ['Connections'],
        params: idParams,
        querystring: accountQuery,
        body: connectBody,
        response: { 201: connectionSchema, default: errorResponseSchema },
      },
    },
    async (request, reply) => {
      const body = { ...request.body, account: request.body.account ?? request.query.account }
      const answer = await completeConnection(context, sessionOf(request), request.params.id, body)
      return reply.code(201).send(answer)
    },
  )
}

function connectLinkRoute(app: Framework, context: HttpContext): void {
  app.post(
    '/api/integrations/:id/connect-link',
    {
      schema: {
        summary: 'A link for a browser, with a ticket that is good for ten minutes and one use',
        tags: ['Connections'],
        params: idParams,
        body: connectLinkBody.nullish(),
        response: { 201: connectLinkResponseSchema, default: errorResponseSchema },
      },
    },
    async (request, reply) => {
      const { app: caller } = sessionOf(request)
      const chosen = chooseProvider(context.keyway, caller, request.params.id)
      const wish = request.body ?? { scopes: [] }
      const target = chooseToConnect(context.keyway, caller, chosen, wish.account)
      const { url, expiresAt } = connectUrl(context, {
        slug: chosen.provider.slug,
        appId: caller.id,
        providerId: chosen.provider.id,
        ...target,
        addScopes: wish.scopes,
        returnUrl: allowedReturnUrl(wish.returnUrl, caller.origins, 'returnUrl'),
      })
      const flow = flowTo(context.keyway, chosen.provider, target)
      return reply.code(201).send({ connectUrl: url, expiresAt: toIsoMoment(expiresAt), flow })
    },
  )
}

/**
 * A reconnect goes the way that the connection came; a pasted token is asked for anew in the provider's own.
 */
function flowTo({ connections }: Keyway, provider: ProviderView, { connectionId }: ToConnect) {
  const how = connectionId === null ? null : connections.record(connectionId)?.how
  const pasted = how === 'pasted_refresh_token' || how === 'pasted_access_token'
  return how === null || how === undefined || pasted ? provider.flow : how
}

function linkCall(query: z.output<typeof connectLinkQuery>) {
  return { ticket: query.ticket, returnUrl: query.return_url, account: query.account }
}
