// The connections in memory, and whoever is to hear of their changes. Nothing here touches the disk.
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { sameScopes } from '../../../shared/domain/scopes.ts'
import { sameAccount } from './connection-record.ts'
import { createConnectionIndex, type ConnectionIndex } from './connection-index.ts'

export type ConnectionShelf = {
  list(): ConnectionRecord[]
  get(id: string): ConnectionRecord | null
  /** @throws KeywayError connection_not_found */
  need(id: string): ConnectionRecord
  ofProvider(providerId: string): ConnectionRecord[]
  index: ConnectionIndex['of']
  revision: ConnectionIndex['revision']
  put(record: ConnectionRecord): void
  delete(id: string): void
}

/**
 * What a change means for others. `set`: one came, went or may do more or less; `account`: it is another account's now; `content`: only this
 * connection changed.
 */
export type ChangeKind = 'set' | 'account' | 'content'

export function createConnectionShelf(onChanged: (id: string, kind: ChangeKind) => void): ConnectionShelf {
  const records = new Map<string, ConnectionRecord>()
  const index = createConnectionIndex(() => records.values())
  const get = (id: string): ConnectionRecord | null => records.get(id) ?? null
  return {
    list: () => [...records.values()],
    get,
    need(id) {
      const record = records.get(id)
      if (record === undefined) {
        throw new KeywayError('connection_not_found', { details: { connectionId: id } })
      }
      return record
    },
    ofProvider: (providerId) => index.of(providerId).ids.flatMap((id) => records.get(id) ?? []),
    index: index.of,
    revision: index.revision,
    put(record) {
      const before = get(record.id)
      index.changed(before, record)
      records.set(record.id, record)
      onChanged(record.id, kindOf(before, record))
    },
    delete(id) {
      index.changed(get(id), null)
      if (records.delete(id)) onChanged(id, 'set')
    },
  }
}

function kindOf(before: ConnectionRecord | null, after: ConnectionRecord): ChangeKind {
  if (before === null) return 'set'
  if (sameAccount(before, after) === 'no') return 'account'
  return sameScopes(before.grantedScopes, after.grantedScopes) ? 'content' : 'set'
}
