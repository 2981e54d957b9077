import { z } from 'zod'
import { browserId } from './settings.ts'
import { storedName } from './name.ts'

/** The last real outcome of asking for a token; the status shown comes from it and from nothing else. */
export const connectionStatus = z.enum(['ok', 'retrying', 'reconnect_needed', 'config_error'])
export type ConnectionStatus = z.output<typeof connectionStatus>

export const identity = z.strictObject({
  /** Stable id at the provider (sub, user id); what the same-account guard compares. */
  id: z.string().nullable(),
  /** For a person: e-mail, login, workspace. */
  label: z.string().nullable(),
})

export const lastOutcome = z.strictObject({
  status: connectionStatus,
  code: z.string().nullable(),
  /** Sentence for the person, with the provider's own words where it gave any; never a secret. */
  message: z.string().nullable(),
  nextStep: z.string().nullable(),
  at: z.number(),
  /** Epoch ms of the next attempt while retrying. */
  retryAt: z.number().nullable(),
})

/** One step in a grant's life, for the timeline. Fingerprints are 12 hex digits, never the token. */
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

/** One file on disk. Sealed fields are ciphertexts bound to this id. */
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
  /** Sealed JSON of the token set in use. */
  sealedTokens: z.string(),
  /** Sealed JSON of the generation before, kept until the new one has worked. */
  sealedPrevious: z.string().nullable(),
  /**
   * A refresh was sent and its answer is not on disk yet: set before the request, cleared with the new
   * generation.
   */
  refreshStartedAt: z.number().nullable(),
  /**
   * Disconnected while the vault was locked: of no use here any more, kept until it is revoked at the
   * provider.
   */
  disconnectedAt: z.number().optional(),
  hasRefreshToken: z.boolean(),
  /** Counts token sets; rises by one with each that is stored. */
  generation: z.number().int().nonnegative(),
  issuedAt: z.number(),
  /** Epoch ms, or null when the provider tells none. */
  expiresAt: z.number().nullable(),
  lifetimeSeconds: z.number().nullable(),
  refreshTokenExpiresAt: z.number().nullable(),
  /** Non-secret values from replies for templates: {token.x}, {callback.x}, {identity.x}, {resource.x}. */
  values: z.record(z.string(), z.string()),
  /** The installed browser that its sign-ins open in; null: the system's. */
  browser: browserId.nullable().default(null),
  lastOutcome,
  createdAt: z.number(),
  updatedAt: z.number(),
  lastAuthorizedAt: z.number(),
  lastUsedAt: z.number().nullable(),
  /** Epoch ms at which the provider or its API last took the token in use; null: never noted. */
  verifiedAt: z.number().nullable().default(null),
  /**
   * The provider itself named `grantedScopes`; false: they are what was asked for. Null: from before this was
   * noted.
   */
  scopesConfirmed: z.boolean().nullable().default(null),
  life: z.array(lifeEvent).max(200),
})
export type ConnectionRecord = z.output<typeof connectionRecord>

/** A request known to succeed, filled for one connection. */
export type Probe = {
  method: 'GET' | 'POST'
  /** The whole address, at a host that the connection allows. */
  url: string
  /** Relative to the API's base, where it lies under it. */
  path: string | null
  headers: Readonly<Record<string, string>>
  body: string | null
}

/** What the window sees: no ciphertext. */
export type ConnectionView = Omit<
  ConnectionRecord,
  'sealedTokens' | 'sealedPrevious' | 'version' | 'refreshStartedAt' | 'scopesConfirmed' | 'disconnectedAt'
> & {
  providerSlug: string
  providerName: string
  /** Null when nothing can be refreshed. */
  nextRefreshAt: number | null
  apiBaseUrl: string | null
  /** For snippets and test calls; null where none is known. */
  probe: Probe | null
  /** False: `grantedScopes` is what was asked for, and the provider never said what it granted. */
  scopesConfirmed: boolean
  /** Requested but not granted. */
  missingScopes: string[]
  /** Epoch ms at which this connection stops working without a person, or null when not known. */
  stopsWorkingAt: number | null
}

/** The secret part, sealed. Times are epoch ms. */
export type TokenSet = {
  accessToken: string
  tokenType: string
  refreshToken: string | null
  idToken: string | null
  /** JWK of the DPoP key the tokens are bound to, or null. */
  dpopKey: Record<string, unknown> | null
  /** The other token of a provider that gives two. */
  second: { accessToken: string; refreshToken: string | null; expiresAt: number | null } | null
}
