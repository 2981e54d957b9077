import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import type { ProviderSpec } from '../../../shared/contract/provider-spec.ts'
import { Secret } from '../../../shared/contract/secret.ts'
import { fillTemplate } from '../../../shared/domain/template.ts'
import type { OpenTokens } from './sealed-tokens.ts'
import type { VendedToken } from './token-service.ts'

/** What callers get for a record's token set. */
export function vendedToken(
  record: ConnectionRecord,
  provider: { slug: string; spec: ProviderSpec; parameters: Readonly<Record<string, string>> },
  tokens: OpenTokens,
): VendedToken {
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
): VendedToken['header'] {
  const colon = template?.indexOf(':') ?? -1
  if (template === null || colon <= 0) return null
  const name = template.slice(0, colon).trim()
  const value = fillTemplate(template.slice(colon + 1).trim(), {
    ...values,
    // An app is handed the token, never what else a header to the API may hold.
    client_secret: '',
    refresh_token: '',
    id_token: '',
    access_token: accessToken.reveal(),
  })
  if (value === null) return null
  const isOrdinary = name.toLowerCase() === 'authorization' && value === `Bearer ${accessToken.reveal()}`
  return isOrdinary ? null : { name, value: new Secret(value) }
}
