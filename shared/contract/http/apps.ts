// Pairing, and what an app may read and declare about itself.
import { z } from 'zod'
import { authProvider, declaredNeeds, grant, pairInput } from '../app.ts'
import { decision } from '../approval.ts'
import { isoMoment, wholeNumber } from './common.ts'

export const pairBody = pairInput.extend({
  /**
   * Programs for an earlier version chose this code themselves. A code that the caller chooses proves
   * nothing, so Keyway generates its own and ignores this one.
   */
  code: z.string().max(100).optional().describe('Ignored: show the code that comes back'),
})

export const pairStarted = z.strictObject({
  status: z.literal('pending'),
  pairingId: z.string(),
  code: z
    .string()
    .describe('Made by Keyway. Show it to the person, who compares it with the one in the window'),
  pollToken: z.string().describe('Send as "Authorization: Bearer <pollToken>" to pollUrl'),
  pollUrl: z.string(),
  expiresAt: isoMoment,
})

export const pairParams = z.strictObject({ pairingId: z.string().min(1).max(64) })
export const pairQuery = z.strictObject({
  wait: wholeNumber(0, 25).default(0).describe('Seconds to wait for a decision'),
})

export const appMeResponseSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  manage: z.boolean(),
  approve: z.boolean(),
  grants: z.array(grant),
  origins: z.array(z.string()),
  authProviders: z.array(authProvider),
  missing: z
    .array(z.strictObject({ provider: z.string(), scopes: z.array(z.string()) }))
    .describe('Declared needs that no connection meets yet'),
  remembered: z
    .array(
      z.strictObject({
        connectionId: z.string(),
        what: z.enum(['token', 'proxy']),
        method: z.string().nullable(),
        host: z.string().nullable(),
        until: isoMoment,
      }),
    )
    .describe('What the person allowed for ten minutes, and until when'),
  key: z.strictObject({ id: z.string(), expiresAt: isoMoment.nullable() }),
})

export const pairDecided = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('pending'), code: z.string(), expiresAt: isoMoment }),
  z.strictObject({
    status: z.literal('approved'),
    key: z.string().describe('Shown this once'),
    app: appMeResponseSchema.omit({ key: true }),
    granted: z
      .array(
        z.strictObject({
          provider: z.string().nullable().describe('null: every provider'),
          account: z.string().nullable().describe('null: every account'),
          token: z.boolean(),
          proxy: z.boolean(),
        }),
      )
      .describe('What the person allowed, by name'),
    unregistered: z.array(z.string()).describe('Providers that were asked for and are not registered here'),
  }),
])

/** An app may declare later what it needs; everything else about it is set by the person. */
export const appMePatch = z.strictObject({ authProviders: declaredNeeds })

// Approvals, for an app that may answer them.

const about = {
  id: z.string(),
  appName: z.string(),
  askedAt: isoMoment,
  expiresAt: isoMoment.describe('Unanswered by then, it is a no'),
  waiting: z.number().int().describe('How many identical calls wait; "once" lets one of them through'),
  answerable: z.boolean().describe('Whether this app may answer it'),
}

export const approvalAnswer = z.discriminatedUnion('kind', [
  z.strictObject({
    ...about,
    kind: z.literal('use'),
    what: z.enum(['token', 'proxy']),
    connectionId: z.string(),
    account: z.string(),
    providerName: z.string(),
    method: z.string().nullable(),
    url: z.string().nullable().describe('With its query'),
    bodyBytes: z.number().int().nullable().describe('0: no body; null: of unknown size'),
    bodySha256: z
      .string()
      .nullable()
      .describe('Hex, of a body that Keyway holds until the answer; null: there is none, or it is not held'),
  }),
  z.strictObject({ ...about, kind: z.literal('pair'), code: z.string() }),
])
export type ApprovalAnswer = z.output<typeof approvalAnswer>

export const approvalListResponseSchema = z.strictObject({ approvals: z.array(approvalAnswer) })
export const approvalParams = z.strictObject({ approvalId: z.string().min(1).max(64) })
export const approvalDecision = z.strictObject({ decision })
export const approvalDecided = z.strictObject({ id: z.string(), decision })
