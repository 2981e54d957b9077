// The rehearsal provider as the window drives it. Nothing in it is real.
import { z } from 'zod'

/** What the provider does from now on; each replaces the one before. */
export const practiceSituation = z.discriminatedUnion('situation', [
  z.strictObject({ situation: z.literal('normal') }),
  /** Access tokens from now on live this long. */
  z.strictObject({ situation: z.literal('expiry_soon'), seconds: z.int().min(5).max(3600).default(60) }),
  /** Short-lived tokens, and each renewal uses up the refresh token. */
  z.strictObject({ situation: z.literal('rotation'), seconds: z.int().min(5).max(3600).default(60) }),
  /**
   * `refused`: nothing answers at its address. `unavailable`: it answers 503. Null: until the next situation.
   */
  z.strictObject({
    situation: z.literal('outage'),
    how: z.enum(['refused', 'unavailable']).default('refused'),
    forSeconds: z.int().min(1).max(600).nullable().default(null),
  }),
  z.strictObject({ situation: z.literal('slow_answers'), seconds: z.number().min(0.1).max(60).default(8) }),
  /** Ends grants as a person would on the provider's account page; of one account (its address), or all. */
  z.strictObject({
    situation: z.literal('revoked_grant'),
    account: z.string().min(1).max(200).nullable().default(null),
  }),
  /**
   * Token answers as odd servers write them: form-encoded, status 201, `expires_in` as text, `bearer` in
   * lower case.
   */
  z.strictObject({ situation: z.literal('odd_shapes') }),
])
export type PracticeSituation = z.output<typeof practiceSituation>

/** What the provider has issued and keeps over a restart, by kind of record: of tokens only hashes. */
export const keptTokens = z.record(
  z.string(),
  z.array(
    z.strictObject({
      key: z.string(),
      payload: z.record(z.string(), z.unknown()),
      /** Epoch ms; null: never. */
      expiresAt: z.number().nullable(),
    }),
  ),
)
export type KeptTokens = z.output<typeof keptTokens>

/** A request as the provider saw it; never a token or a code. */
export type PracticeVisit = {
  sequence: number
  /** Epoch ms. */
  at: number
  endpoint: string
  method: string
  grantType: string | null
  /** Null while under way, and for good when no whole answer got out. */
  status: number | null
  /** The OAuth error that it answered with. */
  error: string | null
  /** What was spoilt on purpose. */
  fault: string | null
  refresh: 'rotated' | 'kept' | 'reuse-detected' | null
}

export type PracticeCounts = {
  tokenRequests: number
  refreshes: number
  /** Used-up refresh tokens that came back. Anything but 0 is a defect. */
  reuseDetections: number
  revocations: number
  apiCalls: number
  /** Grants that are alive. */
  grants: number
}

export type PracticeState = {
  kind: 'stopped' | 'running'
  /** Null before the first start. */
  issuer: string | null
  /** The ordinary provider that the start registered; null when there is none (any more). */
  providerId: string | null
  /** Null while stopped. */
  situation: PracticeSituation | null
  /** The made-up people to sign in as. */
  accounts: Array<{ email: string; name: string }>
  counts: PracticeCounts
  /** The latest, newest first. */
  visits: PracticeVisit[]
}
