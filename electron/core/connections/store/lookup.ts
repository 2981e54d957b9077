// The connections in memory, found by id, or by provider and account. Does not access the disk.
import type { ConnectionRecord } from '../../../../shared/contract/connection.ts'
import { KeywayError } from '../../../../shared/contract/errors.ts'
import { cleanName, labelKey, nameProblem, sameLabel } from '../../../../shared/contract/name.ts'
import { sameScopes } from '../../../../shared/domain/scopes.ts'
import type { ProviderStore } from '../../providers/store.ts'
import { sameAccount } from './record.ts'

export type ConnectionMap = {
  list(): ConnectionRecord[]
  get(id: string): ConnectionRecord | null
  /** @throws KeywayError connection_not_found */
  getOrThrow(id: string): ConnectionRecord
  ofProvider(providerId: string): ConnectionRecord[]
  index: ConnectionIndex['of']
  put(record: ConnectionRecord): void
  delete(id: string): void
}

/**
 * The effect of a change. `set`: a connection was added or removed, or its permissions changed; `account`: it
 * belongs to another account now; `content`: only this connection changed.
 */
export type ChangeKind = 'set' | 'account' | 'content'

export function createConnectionMap(onChanged: (id: string, kind: ChangeKind) => void): ConnectionMap {
  const records = new Map<string, ConnectionRecord>()
  const index = createConnectionIndex(() => records.values())
  const get = (id: string): ConnectionRecord | null => records.get(id) ?? null
  return {
    list: () => [...records.values()],
    get,
    getOrThrow(id) {
      const record = records.get(id)
      if (record === undefined) {
        throw new KeywayError('connection_not_found', { details: { connectionId: id } })
      }
      return record
    },
    ofProvider: (providerId) => index.of(providerId).ids.flatMap((id) => records.get(id) ?? []),
    index: index.of,
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

type Lookups = Pick<ConnectionMap, 'index' | 'get' | 'ofProvider'>

/**
 * What `Connections.select` does.
 * @throws KeywayError provider_not_found, and as `selectConnection`
 */
export const createSelection =
  (records: Lookups, providers: Pick<ProviderStore, 'byId' | 'bySlug' | 'notFound'>) =>
  (idOrSlug: string, account?: string): ConnectionRecord => {
    const provider = providers.byId(idOrSlug) ?? providers.bySlug(idOrSlug)
    if (provider === null) throw providers.notFound(idOrSlug)
    return selectConnection(records, provider, account)
  }

/**
 * The connection that a caller refers to: by label, id or identity; without an account, the default or the
 * only one. Never guesses.
 * @throws KeywayError not_connected | connection_not_found | ambiguous_account (details.accounts)
 */
function selectConnection(
  records: Lookups,
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

// An index of connections per provider, so that a lookup does not scan ten thousand records.

type ProviderIndex = {
  ids: readonly string[]
  byLabel: ReadonlyMap<string, string>
  /** The id of the connection to use if no account is named. */
  preferred: string | null
}

export type ConnectionIndex = {
  of(providerId: string): ProviderIndex
  /** To be called for every change; only changes of label, default and provider invalidate the index. */
  changed(before: ConnectionRecord | null, after: ConnectionRecord | null): void
}

function createConnectionIndex(all: () => Iterable<ConnectionRecord>): ConnectionIndex {
  const indexes = new Map<string, ProviderIndex>()
  return {
    of(providerId) {
      const known = indexes.get(providerId)
      if (known !== undefined) return known
      const index = build([...all()].filter((record) => record.providerId === providerId))
      indexes.set(providerId, index)
      return index
    },
    changed(before, after) {
      const isSame =
        before !== null &&
        after !== null &&
        before.account === after.account &&
        before.isDefault === after.isDefault &&
        before.providerId === after.providerId &&
        before.identity.label === after.identity.label
      if (isSame) return
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

// Free account labels.

/**
 * @throws KeywayError invalid_request | name_taken if another account of the provider has this label in any
 * case.
 */
export function checkLabelFree(
  connections: readonly ConnectionRecord[],
  label: string,
  except: string | null = null,
): void {
  const problem = nameProblem(label)
  if (problem !== null) {
    const nextStep = 'Choose another account name.'
    throw new KeywayError('invalid_request', { message: problem, nextStep, details: { field: 'account' } })
  }
  if (connections.some(({ id, account }) => id !== except && sameLabel(account, label))) {
    throw new KeywayError('name_taken', { details: { field: 'account', account: label } })
  }
}

/** The wanted label, or the next free one: "work", "work (2)". */
export function freeLabel(connections: readonly ConnectionRecord[], wanted: string): string {
  const base = cleanName(wanted, 90) || 'account'
  const taken = (label: string): boolean => connections.some(({ account }) => sameLabel(account, label))
  for (let n = 1; ; n += 1) {
    const label = n === 1 ? base : `${base} (${n})`
    if (!taken(label)) return label
  }
}
