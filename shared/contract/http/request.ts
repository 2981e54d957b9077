// POST /api/integrations/{id}/request: one API request described as JSON.
import { z } from 'zod'
import { accountSchema } from '../slug.ts'
import { httpMethod } from '../app.ts'
import { printable } from './common.ts'

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
      z.union([printable(8000), z.number(), z.array(printable(8000)).max(50)]),
    )
    .default({}),
  /** It came as JSON, so any value is one. */
  data: z.unknown().optional().describe('Sent as JSON; a string is sent as it is'),
  account: accountSchema.optional(),
})
export type RequestBody = z.output<typeof requestBody>
