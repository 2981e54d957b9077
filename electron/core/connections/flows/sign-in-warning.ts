import type { ConnectionRecord } from '../../../../shared/contract/connection.ts'
import type { ProviderSpec } from '../../../../shared/contract/provider-spec.ts'
import { offlineScope } from '../../../../shared/domain/offline-scope.ts'
import { refreshWay } from '../refresh-way.ts'

type SignedIn = Pick<ConnectionRecord, 'how' | 'hasRefreshToken' | 'expiresAt' | 'requestedScopes'>

/** What a person should know right after signing in: that this will end by itself, and what would prevent it. */
export function signInWarning(record: SignedIn, spec: ProviderSpec): string | null {
  if (refreshWay(record, spec) !== 'none' || record.expiresAt === null) return null
  const { needsParam, supported, note } = spec.refresh
  const end = `No refresh token came: this stops working at ${new Date(record.expiresAt).toISOString()}.`
  if (supported === 'no') return `${end} This provider gives none; sign in again then.`
  const scope = offlineScope(spec, record.requestedScopes)
  if (scope !== null) return `${end} Ask for the scope "${scope}" and connect again.`
  if (needsParam !== null)
    return `${end} The provider gives one only with ${needsParam}; connect again and allow it anew.`
  return `${end} ${note ?? 'Connect again and ask the provider to show its consent page (prompt=consent).'}`
}
