import { z } from 'zod'

export const activityKind = z.enum([
  'vend',
  'proxy',
  'approval',
  'refresh',
  'connect',
  'disconnect',
  'failure',
  'app',
  'provider',
  'vault',
  'system',
])
export const activityOutcome = z.enum(['ok', 'refused', 'failed'])

/** What happened, before the journal numbers and chains it. Never a secret; paths without query strings. */
export const activityEntry = z.strictObject({
  kind: activityKind,
  outcome: activityOutcome,
  appId: z.string().optional(),
  appName: z.string().optional(),
  connectionId: z.string().optional(),
  providerSlug: z.string().optional(),
  account: z.string().optional(),
  method: z.string().optional(),
  host: z.string().optional(),
  path: z.string().optional(),
  status: z.number().int().optional(),
  bytesOut: z.number().int().nonnegative().optional(),
  bytesIn: z.number().int().nonnegative().optional(),
  durationMs: z.number().nonnegative().optional(),
  /**
   * So many of the same within a tenth of a second; absent: one. A busy loop must not push everything else
   * out of the journal.
   */
  count: z.number().int().positive().optional(),
  /** Of a row with a count: when the first of them was, epoch ms; the row's own time is that of writing. */
  firstAt: z.number().optional(),
  code: z.string().optional(),
  note: z.string().max(500).optional(),
})
export type ActivityEntry = z.output<typeof activityEntry>

export const activityRow = activityEntry.extend({
  seq: z.number().int().positive(),
  /** Epoch ms. */
  at: z.number(),
  /** Hash of the row before (hex SHA-256); the chain's start is the anchor. */
  prev: z.string(),
  hash: z.string(),
})
export type ActivityRow = z.output<typeof activityRow>

export const activityQuery = z.strictObject({
  appId: z.string().optional(),
  connectionId: z.string().optional(),
  kind: activityKind.optional(),
  outcome: activityOutcome.optional(),
  /** Epoch ms, inclusive and exclusive. */
  from: z.number().optional(),
  to: z.number().optional(),
  /** Rows older than this sequence number (paging, newest first). */
  before: z.number().int().positive().optional(),
  limit: z.number().int().min(1).max(1000).default(100),
})
export type ActivityQuery = z.output<typeof activityQuery>

/** Whether the log is whole. `message` says how much is known, in the same words everywhere. */
export type ActivityVerdict = {
  ok: boolean
  rows: number
  firstBad: number | null
  message: string
  /** The vault's key vouches for it; without, it is only known that the entries fit together. */
  authenticated: boolean
}
