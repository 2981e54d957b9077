// POST /api/integrations/token (leash) and its short form GET /api/integrations/{id}/token.
import { z } from 'zod'
import { typedScopes } from '../scope-list.ts'
import { accountSelector } from '../slug.ts'
import { isoMoment, printable } from './common.ts'

/**
 * Ten years in seconds. A larger value than a token's lifetime is capped to that lifetime, and the response
 * says so.
 */
export const MOST_VALID_SECONDS = 315_360_000
const minValid = z
  .number()
  .int()
  .min(0)
  .max(MOST_VALID_SECONDS)
  .describe('Seconds that the token must still be good for, as far as the provider gives such tokens')
const scopes = z.array(z.string().min(1).max(300)).max(200)
const tokenType = z
  .literal('DPoP')
  .describe('Also take a token that is bound to a key of Keyway, and that only Keyway can use (RFC 9449)')

export const tokenBody = z.strictObject({
  provider: z.string().min(1).max(64).describe('Slug, provider id or connection id'),
  account: accountSelector
    .optional()
    .describe('Which account, when several are connected and none is the default'),
  scopes: scopes.optional().describe('All of these must be granted, else scope_missing'),
  minValid: minValid.optional(),
  tokenType: tokenType.optional(),
  /**
   * `true`: the API refused the token that was served last. A string: the API refused that token. Forces a
   * refresh; rate limited.
   */
  rejected: z
    .union([z.boolean(), z.string().min(1).max(20_000)], 'True, or the refused token as a text.')
    .optional()
    .describe(
      'The token that an API has just refused, or true: refreshed unless there is a newer one; rate limited',
    ),
})

/** All query values are text. The refused token itself must not be in a URL. */
export const tokenQuery = z.strictObject({
  account: accountSelector
    .optional()
    .describe('Which account, when several are connected and none is the default'),
  scopes: printable(4000)
    .transform(typedScopes)
    .pipe(scopes)
    .optional()
    .describe('Separated by spaces or commas; all of these must be granted'),
  minValid: z
    .string()
    .regex(/^\d{1,9}$/, 'Whole seconds.')
    .transform(Number)
    .pipe(minValid)
    .optional()
    .describe('Seconds that the token must still be good for'),
  tokenType: tokenType.optional(),
  rejected: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional()
    .describe('true: the token handed out last was refused by the API'),
})

export const tokenData = z.strictObject({
  accessToken: z.string(),
  tokenType: z.string(),
  expiresAt: isoMoment.nullable(),
  expiresIn: z.number().int().nullable().describe('Seconds left; null when the provider tells no lifetime'),
  scopes: z.array(z.string()),
  account: z.string(),
  connectionId: z.string(),
  provider: z.string(),
  header: z
    .strictObject({ name: z.string(), value: z.string() })
    .optional()
    .describe('Present when the API wants another header than Authorization: Bearer'),
  maxLifetimeReached: z
    .boolean()
    .optional()
    .describe('True when minValid is longer than this provider’s tokens can live'),
})
export const tokenResponseSchema = z.strictObject({ data: tokenData })
export type TokenResponseBody = z.output<typeof tokenResponseSchema>
