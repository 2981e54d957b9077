// Selects the connection for a request.
import type { ConnectionRecord } from '../../../../shared/contract/connection.ts'
import { KeywayError } from '../../../../shared/contract/errors.ts'
import { labelKey, sameLabel } from './labels.ts'
import type { ConnectionStore } from './store.ts'

/**
 * The connection that a caller refers to: by label, id or identity; without an account, the default or the
 * only one. Never guesses.
 * @throws KeywayError not_connected | connection_not_found | ambiguous_account (details.accounts)
 */
export function selectConnection(
  records: Pick<ConnectionStore, 'index' | 'get' | 'ofProvider'>,
  provider: { id: string; slug: string },
  account?: string,
): ConnectionRecord {
  const index = records.index(provider.id)
  const direct = account === undefined ? index.preferred : index.byLabel.get(labelKey(account))
  const found = direct === undefined || direct === null ? null : records.get(direct)
  if (found !== null) return found
  const connections = records.ofProvider(provider.id)
  const accounts = connections.map((connection) => connection.account)
  if (connections.length === 0) {
    const details = { provider: provider.slug, ...(account === undefined ? {} : { account }) }
    throw new KeywayError('not_connected', { details })
  }
  if (account === undefined) {
    throw new KeywayError('ambiguous_account', {
      message: `Several accounts are connected at ${provider.slug}: ${accounts.join(', ')}.`,
      details: { provider: provider.slug, accounts },
    })
  }
  const other = connections.find(({ id }) => id === account) ?? byIdentity(connections, account)
  if (other !== null) return other
  throw new KeywayError('connection_not_found', {
    message: `No account "${account}" is connected at ${provider.slug}.`,
    details: { provider: provider.slug, account, accounts },
  })
}

function byIdentity(connections: readonly ConnectionRecord[], account: string): ConnectionRecord | null {
  const found = connections.filter(
    ({ identity }) => identity.label !== null && sameLabel(identity.label, account),
  )
  return found.length === 1 ? (found[0] ?? null) : null
}
