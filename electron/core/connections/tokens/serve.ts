// Converts a stored token set into the token for callers and caches it while it is fresh.
import type { ConnectionRecord } from '../../../../shared/contract/connection.ts'
import type { ProviderSpec } from '../../../../shared/contract/provider-spec.ts'
import { Secret } from '../../../../shared/contract/secret.ts'
import { marginMs } from '../../../../shared/domain/expiry.ts'
import { fillTemplate } from '../../../../shared/domain/template.ts'
import type { SecretBox } from '../../vault/status.ts'
import { refreshMethod } from '../refresh/backoff.ts'
import { openTokens, type OpenTokens } from '../store/sealed.ts'
import type { TokenCache, TokenClock } from './freshness.ts'
import type { TokenOptions, ServedToken } from './types.ts'

export type ProviderFacts = {
  slug: string
  spec: ProviderSpec
  parameters: Readonly<Record<string, string>>
}

/** @throws KeywayError vault_locked | data_damaged */
export type TokenServer = (record: ConnectionRecord, options: TokenOptions) => ServedToken

export function createTokenServer(deps: {
  box: SecretBox
  cache: TokenCache
  tokenClock: TokenClock
  providerOf: (providerId: string) => ProviderFacts
}): TokenServer {
  const { cache, tokenClock } = deps
  const remember = (record: ConnectionRecord): ServedToken => {
    const provider = deps.providerOf(record.providerId)
    const token = servedToken(record, provider, openTokens(deps.box, record))
    // A token that cannot be refreshed is served until it expires; all others are refreshed shortly before.
    const margin = refreshMethod(record, provider.spec) === 'none' ? 0 : marginMs(record.lifetimeSeconds)
    return cache.put(token, {
      until: record.expiresAt === null ? Number.POSITIVE_INFINITY : record.expiresAt - margin,
      untilMonotonic: tokenClock.endsAtMonotonic(record) - margin,
    })
  }
  return (record, options) => {
    const held = cache.get(record.id)
    const token = held?.generation === record.generation ? held : remember(record)
    const askedMs = (options.minValidSeconds ?? 0) * 1000
    const isShort = askedMs > 0 && tokenClock.remainingMs(record) < askedMs
    return isShort ? (cache.shortened(record.id) ?? token) : token
  }
}

/** The served form of a record's token set. */
function servedToken(
  record: ConnectionRecord,
  provider: { slug: string; spec: ProviderSpec; parameters: Readonly<Record<string, string>> },
  tokens: OpenTokens,
): ServedToken {
  return Object.freeze({
    connectionId: record.id,
    providerId: record.providerId,
    providerSlug: provider.slug,
    account: record.account,
    generation: record.generation,
    accessToken: tokens.accessToken,
    tokenType: tokens.tokenType,
    expiresAt: record.expiresAt,
    scopes: Object.freeze([...record.grantedScopes]),
    header: headerOf(
      provider.spec.api.tokenHeader,
      { ...provider.parameters, ...record.values },
      tokens.accessToken,
    ),
    maxLifetimeReached: false,
  })
}

function headerOf(
  template: string | null,
  values: Readonly<Record<string, string>>,
  accessToken: Secret,
): ServedToken['header'] {
  const colon = template?.indexOf(':') ?? -1
  if (template === null || colon <= 0) return null
  const name = template.slice(0, colon).trim()
  const value = fillTemplate(template.slice(colon + 1).trim(), {
    ...values,
    // An app gets the token, but no other secret that an API header may contain.
    client_secret: '',
    refresh_token: '',
    id_token: '',
    access_token: accessToken.reveal(),
  })
  if (value === null) return null
  const isOrdinary = name.toLowerCase() === 'authorization' && value === `Bearer ${accessToken.reveal()}`
  return isOrdinary ? null : { name, value: new Secret(value) }
}
