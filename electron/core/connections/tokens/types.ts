// What callers ask for tokens. The fast path is synchronous and touches nothing but memory.
import type { ConnectionRecord } from '../../../../shared/contract/connection.ts'
import type { KeywayError } from '../../../../shared/contract/errors.ts'
import type { Secret } from '../../../../shared/contract/secret.ts'
import { neededMs } from '../../../../shared/domain/expiry.ts'
import type { TokenClock } from './clock.ts'

/**
 * A token that works right now. Frozen; the same object as long as the token is the same, so callers may hang
 * prepared answers on it.
 */
export type ServedToken = {
  readonly connectionId: string
  readonly providerId: string
  readonly providerSlug: string
  readonly account: string
  readonly generation: number
  readonly accessToken: Secret
  readonly tokenType: string
  /** Epoch ms, or null when the provider tells none. */
  readonly expiresAt: number | null
  readonly scopes: readonly string[]
  /** Name and value template of the API header when it is not `Authorization: Bearer`. */
  readonly header: { name: string; value: Secret } | null
  /** The longest `minValid` that this provider's tokens can meet was reached. */
  readonly maxLifetimeReached: boolean
}

export type TokenOptions = {
  /**
   * At least this long must be left, as far as the provider's lifetimes allow. Default: the margin, never
   * over a fifth of the lifetime.
   */
  minValidSeconds?: number
  /**
   * The caller's token was refused by the API: refresh unless the stored one is newer already. Never answered
   * with the refused token: one that was made a moment ago is not replaced yet, and the answer is `retrying`.
   * By its generation where that is known; `current`: the newest.
   */
  rejected?: 'current' | Secret | { generation: number }
  /**
   * Who saw the refusal: the proxy's own eyes are limited apart from what callers say. Default: the caller.
   */
  rejectedBy?: 'caller' | 'proxy'
  /** These must be granted, else `scope_missing`. */
  scopes?: readonly string[]
  /**
   * Epoch-independent budget; the call ends within it, with `retrying` when nothing has come. Default 15 s.
   */
  deadlineMs?: number
}

/** The four outcomes. `failure` has the code, the sentence and what HTTP answers. */
export type TokenResult =
  | { kind: 'ok'; token: ServedToken }
  | { kind: 'retrying'; retryAt: number; failure: KeywayError }
  | { kind: 'reconnect_needed'; failure: KeywayError }
  | { kind: 'config_error'; failure: KeywayError }

export type TokenService = {
  /** The cached token when it is good for this ask; null means: ask properly. Synchronous, no I/O. */
  peek(connectionId: string, nowMs: number): ServedToken | null
  /** What `get` would answer to a plain ask, when that is a token and nothing has to be waited for. */
  ready(connectionId: string): ServedToken | null
  /**
   * One refresh for any number of callers. @throws KeywayError only for vault_locked, connection_not_found,
   * shutting_down.
   */
  get(connectionId: string, options: TokenOptions): Promise<TokenResult>
  /**
   * Whether a report that this generation was refused would bring a newer token, for what the proxy itself
   * saw.
   */
  mayReplace(connectionId: string, generation: number): boolean
  /** A proxied API answered 401 or worked; feeds the status. */
  reportApiOutcome(connectionId: string, generation: number, outcome: 'worked' | 'unauthorized'): void
  /** Somebody used it: last use, life picture. Cheap; persisted lazily. */
  noteUse(connectionId: string, by: string): void
}

/** What a token must be like to answer an ask. */
export type TokenRequirements = {
  /** Milliseconds that must be left. */
  leastMs: number
  /** This generation was refused by the API; null when none was. */
  notGeneration: number | null
}

export function requirementsOf(
  options: TokenOptions,
  record: Pick<ConnectionRecord, 'lifetimeSeconds' | 'generation'>,
  rejected: 'yes' | 'no',
): TokenRequirements {
  const { minValidSeconds } = options
  return {
    leastMs: neededMs({
      lifetimeSeconds: record.lifetimeSeconds,
      ...(minValidSeconds === undefined ? {} : { minValidSeconds }),
    }),
    notGeneration: rejected === 'yes' ? record.generation : null,
  }
}

export function meetsRequirements(
  record: ConnectionRecord,
  required: TokenRequirements,
  tokenClock: TokenClock,
): boolean {
  return record.generation !== required.notGeneration && tokenClock.remainingMs(record) > required.leastMs
}
