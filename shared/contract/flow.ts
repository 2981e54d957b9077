import { z } from 'zod'
import { browserId } from './settings.ts'
import type { ErrorBody } from './errors.ts'
import { accountSchema } from './slug.ts'
import { scopeList } from './provider.ts'

export const flowKind = z.enum([
  'authorization_code',
  'device_code',
  'client_credentials',
  'refresh_token',
  'access_token',
])

/** How to start a sign-in. At most one flow a connection is pending; a new one supersedes it. */
export const connectInput = z.strictObject({
  providerId: z.string().min(1).max(64),
  /** Reconnect this connection: id, grants and history stay. */
  connectionId: z.string().min(1).max(64).nullable().default(null),
  /** Label for a new connection; null: taken from the detected identity. */
  account: accountSchema.nullable().default(null),
  /** Further scopes to ask for, beside those already granted. */
  addScopes: scopeList.default([]),
  kind: flowKind.nullable().default(null),
  /** How the browser comes home this time. */
  redirect: z.enum(['auto', 'fixed-port', 'any-port', 'custom-scheme', 'paste']).default('auto'),
  /** Open the system browser at once, or only hand out the link. */
  open: z.enum(['browser', 'link-only']).default('browser'),
  /** Which installed browser to open; null: the connection's own choice, else the system's. */
  browser: browserId.nullable().default(null),
  loginHint: z.string().max(300).nullable().default(null),
  /** Ask the provider to show consent or account choice again. */
  prompt: z.enum(['none', 'consent', 'select_account', 'login']).nullable().default(null),
  /** Pasted token, for `refresh_token` and `access_token`. Write-only. */
  token: z.string().min(1).max(20_000).optional(),
  /** Where the result page leads to, when an app started this. */
  returnUrl: z.string().max(2000).nullable().default(null),
})
export type ConnectInput = z.output<typeof connectInput>
export type ConnectDraft = z.input<typeof connectInput>

/**
 * `other_account`: another one than before. `rounded_id`: perhaps the same; an earlier version kept the
 * identifier rounded, and it fits the one that came now.
 */
export type AccountQuestion = 'other_account' | 'rounded_id'

type FlowBase = {
  id: string
  providerId: string
  providerSlug: string
  providerName: string
  connectionId: string | null
  account: string | null
  startedAt: number
  /** Epoch ms at which it closes by itself. */
  expiresAt: number
}

/** One running attempt to connect. */
export type Flow = FlowBase &
  (
    | {
        kind: 'waiting_for_browser'
        authorizationUrl: string
        redirectUri: string | null
        opened: boolean
        warning: string | null
      }
    | {
        kind: 'showing_code'
        userCode: string
        verificationUri: string
        verificationUriComplete: string | null
        intervalSeconds: number
      }
    | { kind: 'exchanging' }
    | { kind: 'choosing_resource'; options: ReadonlyArray<{ id: string; label: string }> }
    /** Another account came back than was connected: nothing is replaced until the person decides. */
    | { kind: 'confirming_account'; was: string; is: string; about: AccountQuestion }
    | {
        kind: 'done'
        connectionId: string
        account: string
        identityLabel: string | null
        grantedScopes: string[]
        missingScopes: string[]
        warning: string | null
      }
    | { kind: 'failed'; failure: ErrorBody }
    | { kind: 'cancelled' }
  )
