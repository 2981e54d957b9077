import { z } from 'zod'
import { browserId } from './settings.ts'
import { storedName } from './name.ts'

/** Outcome of the latest token request. The displayed status is derived from it and from nothing else. */
export const connectionStatus = z.enum(['ok', 'retrying', 'reconnect_needed', 'config_error'])
export type ConnectionStatus = z.output<typeof connectionStatus>

export const identity = z.strictObject({
  /** Stable id at the provider (`sub` or user id). A reconnect compares it to detect another account. */
  id: z.string().nullable(),
  /** Display text for a person: e-mail, login or workspace. */
  label: z.string().nullable(),
})

export const lastOutcome = z.strictObject({
  status: connectionStatus,
  code: z.string().nullable(),
  /** Sentence for the person, with the provider's own description where it gave one; never a secret. */
  message: z.string().nullable(),
  nextStep: z.string().nullable(),
  at: z.number(),
  /** Epoch ms of the next attempt while the refresh is retried. */
  retryAt: z.number().nullable(),
})

/** One event in the history of an authorization. Fingerprints are 12 hex digits, never the token. */
export const lifeEvent = z.strictObject({
  at: z.number(),
  kind: z.enum([
    'connected',
    'reconnected',
    'refreshed',
    'rotated',
    'failed',
    'retrying',
    'scopes_changed',
    'used',
    'revoked',
  ]),
  fingerprint: z.string().nullable().default(null),
  refreshFingerprint: z.string().nullable().default(null),
  expiresAt: z.number().nullable().default(null),
  code: z.string().nullable().default(null),
  message: z.string().nullable().default(null),
  by: z.string().nullable().default(null),
})
export type LifeEvent = z.output<typeof lifeEvent>

/** One file on disk. Sealed fields are ciphertexts with this id as associated data. */
export const connectionRecord = z.strictObject({
  version: z.literal(1),
  id: z.string().min(1).max(64),
  providerId: z.string(),
  account: storedName,
  isDefault: z.boolean(),
  identity,
  how: z.enum([
    'authorization_code',
    'device_code',
    'client_credentials',
    'pasted_refresh_token',
    'pasted_access_token',
  ]),
  requestedScopes: z.array(z.string()),
  grantedScopes: z.array(z.string()),
  /** Sealed JSON of the current token set. */
  sealedTokens: z.string(),
  /** Sealed JSON of the previous token set, kept until the current one has worked. */
  sealedPrevious: z.string().nullable(),
  /**
   * A refresh was sent and its response is not on disk yet. Set before the request; cleared when the new
   * token set is stored.
   */
  refreshStartedAt: z.number().nullable(),
  /**
   * Disconnected while the vault was locked. Not usable any more; kept until it is revoked at the provider.
   */
  disconnectedAt: z.number().optional(),
  hasRefreshToken: z.boolean(),
  /** Counts token sets: rises by one with each stored set. */
  generation: z.number().int().nonnegative(),
  issuedAt: z.number(),
  /** Epoch ms, or null when the provider does not state it. */
  expiresAt: z.number().nullable(),
  lifetimeSeconds: z.number().nullable(),
  refreshTokenExpiresAt: z.number().nullable(),
  /** Non-secret values from responses, for templates: {token.x}, {callback.x}, {identity.x}, {resource.x}. */
  values: z.record(z.string(), z.string()),
  /** Id of the installed browser that opens its sign-ins; null: the system's default. */
  browser: browserId.nullable().default(null),
  lastOutcome,
  createdAt: z.number(),
  updatedAt: z.number(),
  lastAuthorizedAt: z.number(),
  lastUsedAt: z.number().nullable(),
  /** Epoch ms at which the provider or its API last accepted the current token; null: not recorded. */
  verifiedAt: z.number().nullable().default(null),
  /**
   * True: the provider named `grantedScopes`. False: they are the requested ones. Null: stored before this
   * was recorded.
   */
  scopesConfirmed: z.boolean().nullable().default(null),
  life: z.array(lifeEvent).max(200),
})
export type ConnectionRecord = z.output<typeof connectionRecord>

/** A request known to succeed, filled in for one connection. */
export type Probe = {
  method: 'GET' | 'POST'
  /** The absolute URL, at a host that the connection allows. */
  url: string
  /** Relative to the API's base URL, when it lies below it. */
  path: string | null
  headers: Readonly<Record<string, string>>
  body: string | null
}

/** What the window receives: no ciphertext. */
export type ConnectionView = Omit<
  ConnectionRecord,
  'sealedTokens' | 'sealedPrevious' | 'version' | 'refreshStartedAt' | 'scopesConfirmed' | 'disconnectedAt'
> & {
  providerSlug: string
  providerName: string
  /** Null when the connection cannot be refreshed. */
  nextRefreshAt: number | null
  apiBaseUrl: string | null
  /** For code snippets and test calls; null where none is known. */
  probe: Probe | null
  /**
   * False: `grantedScopes` holds the requested scopes, because the provider did not state what it granted.
   */
  scopesConfirmed: boolean
  /** Requested but not granted. */
  missingScopes: string[]
  /** Epoch ms at which this connection stops working without the person's help; null: not known. */
  stopsWorkingAt: number | null
}

/** The secret part, sealed. Times are epoch ms. */
export type TokenSet = {
  accessToken: string
  tokenType: string
  refreshToken: string | null
  idToken: string | null
  /** JWK of the DPoP key that the tokens are bound to, or null. */
  dpopKey: Record<string, unknown> | null
  /** The second token of a provider that issues two. */
  second: { accessToken: string; refreshToken: string | null; expiresAt: number | null } | null
}
