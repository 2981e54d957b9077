// An index of connections per provider, so that a lookup does not scan ten thousand records on every request.
import type { ConnectionRecord } from '../../../../shared/contract/connection.ts'
import { labelKey } from './labels.ts'

type ProviderIndex = {
  ids: readonly string[]
  byLabel: ReadonlyMap<string, string>
  /** The id of the connection to use if no account is named. */
  preferred: string | null
}

export type ConnectionIndex = {
  of(providerId: string): ProviderIndex
  /** Increases with every change that can alter the result of a lookup. */
  revision(): number
  /** To be called for every change; only changes of label, default and provider invalidate the index. */
  changed(before: ConnectionRecord | null, after: ConnectionRecord | null): void
}

export function createConnectionIndex(all: () => Iterable<ConnectionRecord>): ConnectionIndex {
  const indexes = new Map<string, ProviderIndex>()
  let revision = 0
  return {
    of(providerId) {
      const known = indexes.get(providerId)
      if (known !== undefined) return known
      const index = build([...all()].filter((record) => record.providerId === providerId))
      indexes.set(providerId, index)
      return index
    },
    revision: () => revision,
    changed(before, after) {
      const isSame =
        before !== null &&
        after !== null &&
        before.account === after.account &&
        before.isDefault === after.isDefault &&
        before.providerId === after.providerId &&
        before.identity.label === after.identity.label
      if (isSame) return
      revision += 1
      if (before !== null) indexes.delete(before.providerId)
      if (after !== null) indexes.delete(after.providerId)
    },
  }
}

function build(records: readonly ConnectionRecord[]): ProviderIndex {
  const [only] = records
  const chosen = records.find(({ isDefault }) => isDefault) ?? (records.length === 1 ? only : undefined)
  return {
    ids: records.map(({ id }) => id),
    byLabel: new Map(records.map(({ id, account }) => [labelKey(account), id])),
    preferred: chosen?.id ?? null,
  }
}
