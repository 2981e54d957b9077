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

/** An event before the audit log numbers and chains it. Holds no secret; paths have no query string. */
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
   * Number of equal events within a tenth of a second; absent: one. Keeps a busy loop from displacing all
   * other entries of the log.
   */
  count: z.number().int().positive().optional(),
  /**
   * For a row with a count: time of the first event, in epoch ms. The row's own time is the time of writing.
   */
  firstAt: z.number().optional(),
  code: z.string().optional(),
  note: z.string().max(500).optional(),
})
export type ActivityEntry = z.output<typeof activityEntry>

export const activityRow = activityEntry.extend({
  seq: z.number().int().positive(),
  /** Epoch ms. */
  at: z.number(),
  /** Hash of the previous row (hex SHA-256). The first row holds the anchor of the chain. */
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

/** Whether the log is complete. `message` states how far that is known; all surfaces show the same text. */
export type ActivityVerdict = {
  ok: boolean
  rows: number
  firstBad: number | null
  message: string
  /** True: verified with the vault's key. False: only the chain of hashes was checked. */
  authenticated: boolean
}
