// The practice provider as the window controls it. Nothing it issues is real.
import { z } from 'zod'

/** The provider's behavior from now on; each situation replaces the previous one. */
export const practiceSituation = z.discriminatedUnion('situation', [
  z.strictObject({ situation: z.literal('normal') }),
  /** Access tokens issued from now on are valid this long. */
  z.strictObject({ situation: z.literal('expiry_soon'), seconds: z.int().min(5).max(3600).default(60) }),
  /** Access tokens expire soon, and each refresh uses up the refresh token. */
  z.strictObject({ situation: z.literal('rotation'), seconds: z.int().min(5).max(3600).default(60) }),
  /**
   * `refused`: connections are refused. `unavailable`: the response is 503. Null: until the next situation.
   */
  z.strictObject({
    situation: z.literal('outage'),
    how: z.enum(['refused', 'unavailable']).default('refused'),
    forSeconds: z.int().min(1).max(600).nullable().default(null),
  }),
  z.strictObject({ situation: z.literal('slow_answers'), seconds: z.number().min(0.1).max(60).default(8) }),
  /**
   * Revokes authorizations as a person would on the provider's account page: of one account (its address), or
   * all.
   */
  z.strictObject({
    situation: z.literal('revoked_grant'),
    account: z.string().min(1).max(200).nullable().default(null),
  }),
  /**
   * Token responses as non-conformant servers write them: form-encoded, status 201, `expires_in` as text,
   * `bearer` in lower case.
   */
  z.strictObject({ situation: z.literal('odd_shapes') }),
])
export type PracticeSituation = z.output<typeof practiceSituation>

/** What the provider has issued and keeps across a restart, by kind of record; tokens only as hashes. */
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

/** A request as the provider received it; never a token or a code. */
export type PracticeVisit = {
  sequence: number
  /** Epoch ms. */
  at: number
  endpoint: string
  method: string
  grantType: string | null
  /** Null while the request is running, and afterwards when no complete response was sent. */
  status: number | null
  /** The OAuth error code of the response. */
  error: string | null
  /** The fault that was injected. */
  fault: string | null
  refresh: 'rotated' | 'kept' | 'reuse-detected' | null
}

export type PracticeCounts = {
  tokenRequests: number
  refreshes: number
  /** Reuse of refresh tokens that were used up. Anything but 0 is a defect. */
  reuseDetections: number
  revocations: number
  apiCalls: number
  /** Authorizations that are valid now. */
  grants: number
}

export type PracticeState = {
  kind: 'stopped' | 'running'
  /** Null before the first start. */
  issuer: string | null
  /** The provider registration that the start created; null when there is none, or none any more. */
  providerId: string | null
  /** Null while stopped. */
  situation: PracticeSituation | null
  /** The fictional accounts that can sign in. */
  accounts: Array<{ email: string; name: string }>
  counts: PracticeCounts
  /** The latest requests, newest first. */
  visits: PracticeVisit[]
}
