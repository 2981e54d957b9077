import { z } from 'zod'
import {
  errorResponseSchema,
  idParams,
  integrationResponseSchema,
  integrationChangeQuery,
  integrationChanged,
  integrationListResponseSchema,
  integrationListQuery,
} from '../../../shared/contract/http-api.ts'
import { providerChange, providerInput, type ProviderView } from '../../../shared/contract/provider.ts'
import { connectUrl } from '../connections/links.ts'
import { chooseToConnect } from '../connections/selection.ts'
import { type Framework, sessionOf } from '../server/framework.ts'
import type { HttpContext } from '../server/context.ts'
import { needRightToChange } from '../security/provider-changes.ts'

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
        response: { 200: integrationListResponseSchema, default: errorResponseSchema },
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
        response: { 200: integrationResponseSchema, default: errorResponseSchema },
      },
    },
    (request) => describe(found(context, request.params.id)),
  )
  registrationRoutes(app, context)
  changeRoute(app, context)
}

function registrationRoutes(app: Framework, context: HttpContext): void {
  const { keyway } = context
  app.post(
    '/api/integrations',
    {
      config: access,
      schema: {
        summary: 'Register a provider',
        tags,
        body: providerInput,
        response: { 201: integrationResponseSchema, default: errorResponseSchema },
      },
    },
    async (request, reply) => reply.code(201).send(describe(keyway.providers.create(request.body))),
  )
  app.delete(
    '/api/integrations/:id',
    {
      config: access,
      schema: {
        summary: 'Remove a provider and disconnect its accounts',
        tags,
        params: idParams,
        response: {
          200: z.strictObject({ removedConnections: z.number().int() }),
          default: errorResponseSchema,
        },
      },
    },
    (request) => keyway.providers.remove(found(context, request.params.id).id),
  )
}

function changeRoute(app: Framework, context: HttpContext): void {
  const { keyway } = context
  app.patch(
    '/api/integrations/:id',
    {
      config: access,
      schema: {
        summary: 'Change a provider; what is left out stays, the slug always does',
        description:
          'The spec is merged field by field: null empties a field that may be empty and takes an entry out of a map, a list is replaced as a ' +
          'whole. With ?spec=replace it takes the place of what was there. Where the provider has a client secret or accounts, changes of ' +
          'anything but names, scopes and notes need clientSecret in the same request and a token grant for each of the accounts.',
        tags,
        params: idParams,
        querystring: integrationChangeQuery,
        body: providerChange,
        response: { 200: integrationChanged, default: errorResponseSchema },
      },
    },
    (request) => {
      const before = found(context, request.params.id)
      const { app: caller } = sessionOf(request)
      const { patch, after } = keyway.providers.preview(before.id, request.body, request.query.spec)
      needRightToChange(keyway, caller, { before, after, change: request.body })
      const { provider, reauthorise } = keyway.providers.update(before.id, patch)
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
}

function found({ keyway }: HttpContext, id: string): ProviderView {
  const provider = keyway.providers.find(id)
  if (provider === null) throw keyway.providers.notFound(id)
  return provider
}

function describe(provider: ProviderView): z.output<typeof integrationResponseSchema> {
  return { ...provider, type: provider.preset ?? provider.slug }
}
