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

/** How to start a sign-in. Each connection has at most one pending sign-in; a new one replaces it. */
export const connectInput = z.strictObject({
  providerId: z.string().min(1).max(64),
  /** Reconnect this connection: id, permissions and history stay. */
  connectionId: z.string().min(1).max(64).nullable().default(null),
  /** Label for a new connection; null: taken from the identity that the provider reports. */
  account: accountSchema.nullable().default(null),
  /** Scopes to request in addition to those already granted. */
  addScopes: scopeList.default([]),
  kind: flowKind.nullable().default(null),
  /** Redirect method of this sign-in. */
  redirect: z.enum(['auto', 'fixed-port', 'any-port', 'custom-scheme', 'paste']).default('auto'),
  /** Open the system browser at once, or only return the link. */
  open: z.enum(['browser', 'link-only']).default('browser'),
  /** Installed browser to open; null: the connection's choice, else the system's default. */
  browser: browserId.nullable().default(null),
  loginHint: z.string().max(300).nullable().default(null),
  /** Ask the provider to show consent or account choice again. */
  prompt: z.enum(['none', 'consent', 'select_account', 'login']).nullable().default(null),
  /** Pasted token, for `refresh_token` and `access_token`. Write-only. */
  token: z.string().min(1).max(20_000).optional(),
  /** Where the result page links to, when an app started this sign-in. */
  returnUrl: z.string().max(2000).nullable().default(null),
})
export type ConnectInput = z.output<typeof connectInput>
export type ConnectDraft = z.input<typeof connectInput>

/**
 * `other_account`: not the account that was connected. `rounded_id`: possibly the same account. An earlier
 * version stored the identifier as a rounded number, which matches the new one.
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
  /** Epoch ms at which it times out. */
  expiresAt: number
}

/** One running sign-in. */
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
    /** The person signed in with another account. Nothing is replaced until the person decides. */
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
