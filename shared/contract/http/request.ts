// POST /api/integrations/{id}/request: one API request described as JSON.
import { z } from 'zod'
import { accountSelector } from '../slug.ts'
import { httpMethod } from '../app.ts'
import { printable } from './common.ts'

/** HTTP carries no characters beyond Latin-1 in a header (RFC 9110 5.5). */
const headerValue = printable(8000).regex(/^[^\u0100-\u{10ffff}]*$/u, 'A header takes no such characters.')

export const requestBody = z.strictObject({
  method: z
    .string()
    .transform((text) => text.toUpperCase())
    .pipe(httpMethod)
    .default('GET'),
  url: printable(8000)
    .min(1, 'An address is needed.')
    .describe('Relative to the connection’s base address, or absolute on one of its allowed hosts'),
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
  /** It came as JSON, so any value is one. */
  data: z.unknown().optional().describe('Sent as JSON; a string is sent as it is'),
  account: accountSelector.optional(),
})
export type RequestBody = z.output<typeof requestBody>
