// POST /api/integrations/{id}/request: one API request described as JSON.
import { z } from 'zod'
import { httpMethod } from '../app.ts'
import { clientKey } from '../provider.ts'
import { accountSelector } from '../slug.ts'
import { integrationId, pageQuery, printable } from './common.ts'

/** HTTP headers carry no characters beyond Latin-1 (RFC 9110 5.5). */
const headerValue = printable(8000).regex(/^[^\u0100-\u{10ffff}]*$/u, 'A header takes no such characters.')

export const requestBody = z.strictObject({
  method: z
    .string()
    .transform((text) => text.toUpperCase())
    .pipe(httpMethod)
    .default('GET'),
  url: printable(8000).describe(
    'Relative to the connection’s base address, empty for that address itself, or absolute on one of its allowed hosts',
  ),
  headers: z
    .record(
      z
        .string()
        .max(200)
        .regex(/^[!#$%&'*+.^_`|~A-Za-z0-9-]+$/, 'Not a header name.'),
      z.union(
        [headerValue, z.number(), z.array(headerValue).max(50)],
        'A text without control characters, a number, or a list of texts.',
      ),
    )
    .default({}),
  /** The body was parsed as JSON, so any value is valid. */
  data: z.unknown().optional().describe('Sent as JSON; a string is sent as it is'),
  account: accountSelector.optional(),
})

// Registering providers over HTTP, for apps with the manage permission. These routes call a provider an
// integration.

export const integrationResponseSchema = z
  .looseObject({
    id: z.string(),
    slug: z.string(),
    name: z.string(),
    type: z.string().describe('The preset it builds on, or its slug'),
    clientId: z.string(),
    hasClientSecret: z.boolean().describe('The secret itself is write-only'),
    clientKeys: z
      .array(clientKey)
      .describe('Public keys for private_key_jwt (RFC 7517), newest first; to be registered at the provider'),
    clientKeyPem: z.string().nullable().describe('The newest of these keys in PEM'),
    scopes: z.array(z.string()),
    redirectUri: z.string().nullable().describe('To be registered at the provider, exactly so'),
    connectionCount: z.number().int(),
  })
  .describe('A registered provider')

export const integrationChanged = integrationResponseSchema.extend({
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

export const integrationListResponseSchema = z.strictObject({
  _links: z.strictObject({ self: z.strictObject({ href: z.string() }) }),
  _embedded: z.strictObject({ 'inf:integration': z.array(integrationResponseSchema) }),
  start: z.number().int(),
  count: z.number().int(),
  total: z.number().int(),
})

export const integrationListQuery = z.strictObject({
  ...pageQuery,
  slug: printable(64).optional(),
})

// toolshed's three calls. Its `userId` is the account here.

export const toolshedParams = z.strictObject({ provider: integrationId })
export const toolshedQuery = z.strictObject({ userId: accountSelector })
export const toolshedLoginQuery = toolshedQuery.extend({
  ticket: printable(100).optional(),
  return_url: printable(2000).optional(),
})
export const toolshedConnections = z.strictObject({ userId: z.string(), providers: z.array(z.string()) })
export const toolshedDisconnected = z.strictObject({
  disconnected: z.literal(true),
  provider: z.string(),
  userId: z.string(),
})
/** The result after the sign-in: as JSON, or as the query of `return_url`. */
export const toolshedConnected = z.strictObject({
  success: z.literal(true),
  provider: z.string(),
  userId: z.string(),
  scopes: z.array(z.string()),
})
