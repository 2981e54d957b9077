import type { ConnectionView } from '../../../shared/contract/connection.ts'
import { connectionState, type ConnectionState } from '../../../shared/domain/connection-state.ts'

export const groupKeys = ['attention', 'retrying', 'ending', 'unverified', 'connected'] as const
export type GroupKey = (typeof groupKeys)[number]
export type ConnectionGroup = { key: GroupKey; connections: ConnectionView[] }

const groupOf: Record<ConnectionState['kind'], GroupKey> = {
  reconnect_needed: 'attention',
  config_error: 'attention',
  ended: 'attention',
  retrying: 'retrying',
  ends: 'ending',
  not_verified: 'unverified',
  verified: 'connected',
}

/** Those that need a person come first; within a group by provider, then account. */
export function groupConnections(connections: readonly ConnectionView[], now: number): ConnectionGroup[] {
  const sorted = [...connections].sort(
    (a, b) => a.providerName.localeCompare(b.providerName) || a.account.localeCompare(b.account),
  )
  return groupKeys
    .map((key) => ({
      key,
      connections: sorted.filter((connection) => groupOf[connectionState(connection, now).kind] === key),
    }))
    .filter((group) => group.connections.length > 0)
}

/** Every word of the query must be somewhere in what the person sees of the connection. */
export function matching(connections: readonly ConnectionView[], query: string): ConnectionView[] {
  const words = query
    .toLocaleLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  return connections.filter((connection) => {
    const seen = [
      connection.providerName,
      connection.providerSlug,
      connection.account,
      connection.identity.label ?? '',
      ...connection.grantedScopes,
    ]
      .join('\n')
      .toLocaleLowerCase()
    return words.every((word) => seen.includes(word))
  })
}
