// The interface for requesting tokens. The fast path is synchronous and uses only memory.
import type { KeywayError } from '../../../../shared/contract/errors.ts'
import type { Secret } from '../../../../shared/contract/secret.ts'

/**
 * A valid token. Frozen; the same object as long as the token is the same, so callers may attach cached
 * responses to it.
 */
export type ServedToken = {
  readonly connectionId: string
  readonly providerId: string
  readonly providerSlug: string
  readonly account: string
  readonly generation: number
  readonly accessToken: Secret
  readonly tokenType: string
  /** Epoch milliseconds; null if the provider sends no expiry. */
  readonly expiresAt: number | null
  readonly scopes: readonly string[]
  /** Name and value of the API header if it is not `Authorization: Bearer`. */
  readonly header: { name: string; value: Secret } | null
  /** The requested minimum lifetime exceeds what this provider's tokens can reach. */
  readonly maxLifetimeReached: boolean
}

export type TokenOptions = {
  /**
   * Minimum remaining lifetime in seconds, as far as the provider's lifetimes allow. Default: the margin, at
   * most a fifth of the lifetime.
   */
  minValidSeconds?: number
  /**
   * The API rejected the caller's token: refresh unless the stored one is newer. The rejected token is never
   * returned; if it was just issued, the result is `retrying`. Given by generation if known; `current`: the
   * newest.
   */
  rejected?: 'current' | Secret | { generation: number }
  /** Who saw the rejection. The proxy has a separate limit from callers. Default: the caller. */
  rejectedBy?: 'caller' | 'proxy'
  /** Scopes that must be granted, else `scope_missing`. */
  scopes?: readonly string[]
  /** Milliseconds within which the call ends, with `retrying` if there is no token. Default 15 s. */
  deadlineMs?: number
}

/** The four outcomes. `failure` has the error code, the message and what the HTTP API returns. */
export type TokenResult =
  | { kind: 'ok'; token: ServedToken }
  | { kind: 'retrying'; retryAt: number; failure: KeywayError }
  | { kind: 'reconnect_needed'; failure: KeywayError }
  | { kind: 'config_error'; failure: KeywayError }

export type TokenService = {
  /** The cached token if it is valid for these requirements; null: call `get`. Synchronous, no I/O. */
  peek(connectionId: string, nowMs: number): ServedToken | null
  /** The result of `get` without options, if that is a token and nothing has to be awaited; else null. */
  ready(connectionId: string): ServedToken | null
  /**
   * One refresh for any number of callers.
   * @throws KeywayError only vault_locked, connection_not_found, shutting_down.
   */
  get(connectionId: string, options: TokenOptions): Promise<TokenResult>
  /**
   * Whether reporting this generation as rejected would produce a newer token; for rejections that the proxy
   * saw.
   */
  mayReplace(connectionId: string, generation: number): boolean
  /** A proxied API call returned 401 or succeeded; updates the status. */
  reportApiOutcome(connectionId: string, generation: number, outcome: 'worked' | 'unauthorized'): void
  /** Records a use for the last use and the history. Cheap; persisted with a delay. */
  noteUse(connectionId: string, by: string): void
}
