// Makes a stored token set into what callers get, and remembers it while it is fresh.
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import type { ProviderSpec } from '../../../shared/contract/provider-spec.ts'
import { marginMs } from '../../../shared/domain/expiry.ts'
import type { SecretBox } from '../secret-box.ts'
import { refreshWay } from './refresh-way.ts'
import { openTokens } from './sealed-tokens.ts'
import type { TokenCache } from './token-cache.ts'
import type { TokenClock } from './token-clock.ts'
import type { TokenAsk, VendedToken } from './token-service.ts'
import { vendedToken } from './vended-token.ts'

export type ProviderFacts = {
  slug: string
  spec: ProviderSpec
  parameters: Readonly<Record<string, string>>
}

/** @throws KeywayError vault_locked | data_damaged */
export type TokenServer = (record: ConnectionRecord, ask: TokenAsk) => VendedToken

export function createTokenServer(deps: {
  box: SecretBox
  cache: TokenCache
  tokenClock: TokenClock
  providerOf: (providerId: string) => ProviderFacts
}): TokenServer {
  const { cache, tokenClock } = deps
  const remember = (record: ConnectionRecord): VendedToken => {
    const provider = deps.providerOf(record.providerId)
    const token = vendedToken(record, provider, openTokens(deps.box, record))
    // What nothing can renew is handed out to its last moment; everything else is renewed a little before.
    const margin = refreshWay(record, provider.spec) === 'none' ? 0 : marginMs(record.lifetimeSeconds)
    return cache.put(token, {
      until: record.expiresAt === null ? Number.POSITIVE_INFINITY : record.expiresAt - margin,
      untilMonotonic: tokenClock.endsAtMonotonic(record) - margin,
    })
  }
  return (record, ask) => {
    const held = cache.held(record.id)
    const token = held?.generation === record.generation ? held : remember(record)
    const askedMs = (ask.minValidSeconds ?? 0) * 1000
    const isShort = askedMs > 0 && tokenClock.remainingMs(record) < askedMs
    return isShort ? (cache.shortened(record.id) ?? token) : token
  }
}
