import { z } from 'zod'
import { KeywayError } from '../../../shared/contract/errors.ts'
import {
  errorAnswer,
  idParams,
  integrationAnswer,
  integrationChanged,
  integrationListAnswer,
  integrationListQuery,
} from '../../../shared/contract/http-api.ts'
import { providerInput, providerPatch, type ProviderView } from '../../../shared/contract/provider.ts'
import { connectUrl } from '../connect-links.ts'
import { chooseToConnect } from '../choose-to-connect.ts'
import { sessionOf } from '../framework/access.ts'
import type { Framework } from '../framework/create-framework.ts'
import type { HttpContext } from '../http-context.ts'
import { needOwnDestinations } from '../new-destinations.ts'

const access = { access: 'manage' } as const
const tags = ['Providers']

export function integrationRoutes(app: Framework, context: HttpContext): void {
  const { keyway } = context
  app.get(
    '/api/integrations',
    {
      exposeHeadRoute: true,
      config: access,
      schema: {
        summary: 'All registered providers',
        tags,
        querystring: integrationListQuery,
        response: { 200: integrationListAnswer, default: errorAnswer },
      },
    },
    (request) => {
      const { start, count, slug } = request.query
      const all = keyway.providers.list().filter((provider) => slug === undefined || provider.slug === slug)
      const shown = all.slice(start, start + count).map(describe)
      return {
        _links: { self: { href: '/api/integrations' } },
        _embedded: { 'inf:integration': shown },
        start,
        count: shown.length,
        total: all.length,
      }
    },
  )
  app.get(
    '/api/integrations/:id',
    {
      exposeHeadRoute: true,
      config: access,
      schema: {
        summary: 'One registered provider',
        tags,
        params: idParams,
        response: { 200: integrationAnswer, default: errorAnswer },
      },
    },
    (request) => describe(found(context, request.params.id)),
  )
  changingRoutes(app, context)
}

function changingRoutes(app: Framework, context: HttpContext): void {
  const { keyway } = context
  app.post(
    '/api/integrations',
    {
      config: access,
      schema: {
        summary: 'Register a provider',
        tags,
        body: providerInput,
        response: { 201: integrationAnswer, default: errorAnswer },
      },
    },
    async (request, reply) => reply.code(201).send(describe(keyway.providers.create(request.body))),
  )
  app.patch(
    '/api/integrations/:id',
    {
      config: access,
      schema: {
        summary: 'Change a provider; what is left out stays, the slug always does',
        tags,
        params: idParams,
        body: providerPatch,
        response: { 200: integrationChanged, default: errorAnswer },
      },
    },
    (request) => {
      const before = found(context, request.params.id)
      const { app: caller } = sessionOf(request)
      needOwnDestinations(keyway, caller, before, request.body)
      const { provider, reauthorise } = keyway.providers.update(before.id, request.body)
      if (!reauthorise) return { ...describe(provider), reauthorise }
      const { url } = connectUrl(context, {
        slug: provider.slug,
        appId: caller.id,
        providerId: provider.id,
        ...chooseToConnect(keyway, caller, { provider, connection: null }, undefined),
        addScopes: [],
        returnUrl: null,
      })
      return { ...describe(provider), reauthorise, connectUrl: url }
    },
  )
  app.delete(
    '/api/integrations/:id',
    {
      config: access,
      schema: {
        summary: 'Remove a provider and disconnect its accounts',
        tags,
        params: idParams,
        response: { 200: z.strictObject({ removedConnections: z.number().int() }), default: errorAnswer },
      },
    },
    (request) => keyway.providers.remove(found(context, request.params.id).id),
  )
}

function found({ keyway }: HttpContext, id: string): ProviderView {
  const provider = keyway.providers.find(id)
  if (provider === null) throw new KeywayError('provider_not_found')
  return provider
}

function describe(provider: ProviderView): z.output<typeof integrationAnswer> {
  return { ...provider, type: provider.preset ?? provider.slug }
}
