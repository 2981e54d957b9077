// Questions to the person, for an app that may answer them.
import { z } from 'zod'
import { decision } from '../approval.ts'
import { isoMoment } from './common.ts'

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

export const approvalListAnswer = z.strictObject({ approvals: z.array(approvalAnswer) })
export const approvalParams = z.strictObject({ approvalId: z.string().min(1).max(64) })
export const approvalDecision = z.strictObject({ decision })
export const approvalDecided = z.strictObject({ id: z.string(), decision })
