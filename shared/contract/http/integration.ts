// Registering providers over HTTP, for apps with the manage grant. An integration is what is called a provider everywhere else.
import { z } from 'zod'
import { pageQuery, printable } from './common.ts'

export const integrationAnswer = z
  .looseObject({
    id: z.string(),
    slug: z.string(),
    name: z.string(),
    type: z.string().describe('The preset it builds on, or its slug'),
    clientId: z.string(),
    hasClientSecret: z.boolean().describe('The secret itself is write-only'),
    scopes: z.array(z.string()),
    redirectUri: z.string().nullable().describe('To be registered at the provider, exactly so'),
    connectionCount: z.number().int(),
  })
  .describe('A registered provider')

export const integrationChanged = integrationAnswer.extend({
  reauthorise: z
    .boolean()
    .describe('True when credentials or scopes changed, so that accounts should sign in again'),
  connectUrl: z.string().optional(),
})

export const integrationChangeQuery = z.strictObject({
  spec: z
    .enum(['merge', 'replace'])
    .default('merge')
    .describe('What becomes of spec fields that are left out'),
})

export const integrationListAnswer = z.strictObject({
  _links: z.strictObject({ self: z.strictObject({ href: z.string() }) }),
  _embedded: z.strictObject({ 'inf:integration': z.array(integrationAnswer) }),
  start: z.number().int(),
  count: z.number().int(),
  total: z.number().int(),
})

export const integrationListQuery = z.strictObject({
  ...pageQuery,
  slug: printable(64).optional(),
})
