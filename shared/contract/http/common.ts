import { z } from 'zod'
import '../issue-words.ts'
import { accountSelector } from '../slug.ts'

/** A connection id, a provider id or a provider's slug, as it stands in a path. */
export const integrationId = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, 'A connection id, a provider id or a slug.')
  .describe('Connection id, provider id or slug')

export const idParams = z.strictObject({ id: integrationId })

/** The account within a provider. Needed only when several are connected and none is the default. */
export const accountQuery = z.strictObject({ account: accountSelector.optional() })

/** Text for a header or a URL. Control characters are refused, because they could split either. */
export const printable = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[^\p{Cc}]*$/u, 'Control characters are not allowed.')

/**
 * A whole number in a query: digits only. Plain coercion would read an empty string as 0 and `1e3` as 1000.
 */
export const wholeNumber = (least: number, most: number) =>
  z.preprocess(
    (given) => (typeof given === 'string' && /^\d{1,9}$/.test(given) ? Number(given) : given),
    z
      .int(`A whole number from ${least} to ${most}.`)
      .min(least, `At least ${least}.`)
      .max(most, `At most ${most}.`),
  )

/** A page of a list: at most `count` items, beginning with number `start`. */
export const pageQuery = {
  start: wholeNumber(0, 1_000_000).default(0),
  count: wholeNumber(1, 1000).default(100),
}

/** A time as ISO 8601 in UTC with whole seconds, as in the API's documentation. */
export const isoMoment = z.iso.datetime().describe('ISO 8601, UTC')

export function toIsoMoment(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/\.\d{3}Z$/, 'Z')
}

export function toIsoMomentOrNull(epochMs: number | null): string | null {
  return epochMs === null ? null : toIsoMoment(epochMs)
}

/** The body of every failure. The code is one of shared/contract/errors.ts. */
export const errorResponseSchema = z
  .looseObject({
    code: z.string(),
    error: z.string().describe('The same as code'),
    message: z.string(),
    nextStep: z.string(),
    retryable: z.boolean(),
    connectUrl: z
      .string()
      .optional()
      .describe('Ready-to-open link, with one-time ticket, when a sign-in is needed'),
    retryAt: z.string().optional(),
  })
  .describe('A failure: what happened, and what to do now')
