// The schemas of integrations-api for connections: one connection, the HAL list, connecting and its links.
import { z } from 'zod'
import { accountSelector } from '../slug.ts'
import { connectionStatus } from '../connection.ts'
import { isoMoment, pageQuery, printable } from './common.ts'

export const connectionResponseSchema = z.strictObject({
  id: z.string(),
  integrationId: z.string(),
  ownerId: z.string().describe('The account'),
  isShared: z.literal(false),
  tokenExpiresAt: isoMoment.nullable(),
  refreshTokenExpiresAt: isoMoment.nullable(),
  lastAuthorizedAt: isoMoment,
  apiBaseUri: z.string().nullable(),
  data: z.strictObject({
    provider: z.string(),
    identity: z.string().nullable(),
    scopes: z.array(z.string()),
    missingScopes: z.array(z.string()),
    status: connectionStatus.describe('The last real outcome, not whether a token exists'),
    statusMessage: z.string().nullable(),
    isDefault: z.boolean(),
    refreshable: z.boolean(),
    signInBefore: isoMoment.nullable().describe('When only a new sign-in helps; null where no end is known'),
  }),
  createdAt: isoMoment,
  updatedAt: isoMoment,
})
export type ConnectionResponse = z.output<typeof connectionResponseSchema>

const link = z.strictObject({ href: z.string() })

export const connectionListQuery = z.strictObject(pageQuery)

export const connectionListResponseSchema = z.strictObject({
  _links: z.strictObject({ self: link, next: link.optional(), prev: link.optional() }),
  _embedded: z.strictObject({
    'inf:integration-connection': z.array(
      z.strictObject({
        id: z.string(),
        integrationId: z.string(),
        ownerId: z.string(),
        isShared: z.literal(false),
        tokenExpiresAt: isoMoment.nullable(),
        lastAuthorizedAt: isoMoment,
        status: connectionStatus,
        provider: z.string().describe('Slug'),
        _embedded: z.strictObject({
          'inf:integration': z.strictObject({
            id: z.string(),
            name: z.string(),
            type: z.string().describe('The preset it builds on, or its slug'),
          }),
        }),
      }),
    ),
  }),
  start: z.number().int(),
  count: z.number().int().describe('How many are in this answer'),
  total: z.number().int(),
})
export type ConnectionListResponse = z.output<typeof connectionListResponseSchema>

const returnUrl = printable(2000).describe('Loopback, or an origin registered for the app')

/** A browser opens these links; `ticket` authorizes it. */
export const connectLinkQuery = z.strictObject({
  ticket: printable(100).optional(),
  return_url: returnUrl.optional(),
  account: accountSelector.optional(),
})

/** A sign-in that has started and has no URL for a browser. */
export const flowStarted = z.strictObject({
  flow: z.strictObject({
    id: z.string(),
    state: z.string(),
    provider: z.string(),
    connectionId: z.string().nullable(),
    account: z.string().nullable(),
    userCode: z.string().optional(),
    verificationUri: z.string().optional(),
    expiresAt: isoMoment.optional(),
    code: z.string().optional(),
    message: z.string().optional().describe('With code: why it failed at once'),
  }),
})

export const connectLinkBody = z.strictObject({
  account: accountSelector.optional(),
  scopes: z.array(z.string().min(1).max(300)).max(200).default([]),
  returnUrl: returnUrl.optional(),
})

export const connectLinkResponseSchema = z.strictObject({
  connectUrl: z.string().describe('Open it in a browser within ten minutes; good for one use'),
  expiresAt: isoMoment,
  flow: z
    .enum(['authorization_code', 'device_code', 'client_credentials'])
    .describe(
      'device_code: the link answers with a code to type in elsewhere; client_credentials: it connects at once, without a person',
    ),
})

/**
 * A code (or the whole URL at which the browser ended) of a sign-in started here, or a refresh token from
 * another client.
 */
export const connectBody = z
  .strictObject({
    code: z.string().min(1).max(10_000).optional(),
    state: printable(1000).optional(),
    callbackUrl: printable(20_000).optional(),
    refreshToken: z.string().min(1).max(20_000).optional(),
    account: accountSelector.optional(),
  })
  .refine(
    (body) =>
      [body.code, body.callbackUrl, body.refreshToken].filter((part) => part !== undefined).length === 1,
    { message: 'Exactly one of code, callbackUrl and refreshToken.', path: ['code'] },
  )
export type ConnectBody = z.output<typeof connectBody>
