import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import type { ProviderSpec } from '../../../shared/contract/provider-spec.ts'

/** How a connection gets its next token without a person. `exchange` needs the old access token to be alive still. */
export type RefreshWay = 'refresh_token' | 'exchange' | 'client_credentials' | 'none'

export function refreshWay(
  record: Pick<ConnectionRecord, 'how' | 'hasRefreshToken'>,
  spec: Pick<ProviderSpec, 'refresh'>,
): RefreshWay {
  if (record.how === 'client_credentials') return 'client_credentials'
  if (spec.refresh.style === 'exchange-access-token') return 'exchange'
  return record.hasRefreshToken && spec.refresh.supported !== 'no' ? 'refresh_token' : 'none'
}
