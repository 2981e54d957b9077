// What can go wrong on purpose: the shapes of a fault, each one seen at a real server.
import { z } from 'zod'
import { rehearsalEndpoints } from './endpoints.ts'

const common = {
  /** Where it strikes. Default: the token endpoint. */
  at: z.enum([...rehearsalEndpoints, 'everywhere']).default('token'),
  /** Only token requests of this grant type. */
  grantType: z.string().optional(),
  /** How many requests it strikes before it is over; absent: until the behaviour is changed. */
  times: z.int().positive().optional(),
  /** `before`: nothing happens at the provider. `after`: the provider does its work (rotates, revokes), only the answer is spoilt. */
  when: z.enum(['before', 'after']).default('before'),
}

/** A Retry-After value: seconds, or the header's text as it is (an HTTP date, or nonsense). */
const retryAfter = z.union([z.int().nonnegative(), z.string().max(100)])

export const faultSchema = z
  .discriminatedUnion('kind', [
    /** Answers with this status; with `error`, an OAuth error body. */
    z.strictObject({
      kind: z.literal('status'),
      ...common,
      status: z.int().min(200).max(599),
      retryAfter: retryAfter.optional(),
      error: z.string().max(100).optional(),
      errorDescription: z.string().max(500).optional(),
    }),
    /** Waits, then goes on as if nothing were wrong. */
    z.strictObject({ kind: z.literal('delay'), ...common, ms: z.int().nonnegative().max(600_000) }),
    /** Takes the request and never answers. */
    z.strictObject({ kind: z.literal('hang'), ...common }),
    /** Sends the head and the first bytes, then nothing more. */
    z.strictObject({ kind: z.literal('stall'), ...common }),
    /** Cuts the connection without a byte; with `when: 'after'` the answer is lost after the provider has acted on it. */
    z.strictObject({ kind: z.literal('reset'), ...common }),
    /** Cuts the connection in the middle of the real answer. */
    z.strictObject({ kind: z.literal('torn'), ...common, when: z.literal('after').default('after') }),
    /** A web page where JSON belongs. */
    z.strictObject({ kind: z.literal('html'), ...common, status: z.int().min(200).max(599).default(200) }),
    /** A JSON answer of this many bytes. */
    z.strictObject({
      kind: z.literal('huge'),
      ...common,
      bytes: z
        .int()
        .positive()
        .max(1024 ** 3)
        .default(10 * 1024 * 1024),
    }),
    /** 200 with a body that is not quite JSON. */
    z.strictObject({ kind: z.literal('invalid-json'), ...common }),
    /** 200 with nothing in it. */
    z.strictObject({ kind: z.literal('empty'), ...common }),
    /** 200 with an error in the body, as some providers do. */
    z.strictObject({
      kind: z.literal('error-with-200'),
      ...common,
      error: z.string().max(100).default('invalid_grant'),
    }),
  ])
  .refine(
    (fault) =>
      fault.when === 'before' || (fault.at !== 'api' && fault.at !== 'sign-in' && fault.at !== 'other'),
    {
      path: ['when'],
      message: '"after" is for the OAuth endpoints, not for the API or the sign-in pages.',
    },
  )

/** A fault as it is in force, defaults filled in. */
export type RehearsalFault = z.output<typeof faultSchema>

/** A fault as one writes it. */
export type RehearsalFaultInput = z.input<typeof faultSchema>
