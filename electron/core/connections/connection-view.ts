import type { ConnectionRecord, ConnectionView, Probe } from '../../../shared/contract/connection.ts'
import type { ProviderRecord } from '../../../shared/contract/provider.ts'
import type { ProviderSpec } from '../../../shared/contract/provider-spec.ts'
import { scopesConfirmed, verifiedAt } from '../../../shared/domain/connection-state.ts'
import { stopsWorkingAt } from '../../../shared/domain/connection-status.ts'
import { missingScopes } from '../../../shared/domain/scopes.ts'
import { apiBaseUrl } from './proxy-policy.ts'
import { refreshWay } from './refresh-way.ts'

/** What the window sees of a connection: no ciphertext. */
export function connectionView(
  record: ConnectionRecord,
  about: {
    provider: ProviderRecord
    spec: ProviderSpec
    nextRefreshAt: number | null
    lastUsedAt: number | null
    probe: Probe | null
  },
): ConnectionView {
  const {
    version: _version,
    sealedTokens: _tokens,
    sealedPrevious: _previous,
    refreshStartedAt: _mark,
    ...rest
  } = record
  const { provider, spec } = about
  return {
    ...rest,
    lastUsedAt: about.lastUsedAt,
    verifiedAt: verifiedAt(record),
    scopesConfirmed: scopesConfirmed(record),
    providerSlug: provider.slug,
    providerName: provider.name,
    nextRefreshAt: about.nextRefreshAt,
    apiBaseUrl: apiBaseUrl(provider, spec, record),
    probe: about.probe,
    missingScopes: missingScopes(record.requestedScopes, record.grantedScopes, spec.scopes.aliases),
    stopsWorkingAt: stopsWorkingAt(record, refreshWay(record, spec) === 'none' ? 'no' : 'yes'),
  }
}
