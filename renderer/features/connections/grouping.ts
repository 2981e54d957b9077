import type { ConnectionView } from '../../../shared/contract/connection.ts'

export const groupKeys = ['attention', 'retrying', 'ending', 'healthy'] as const
export type GroupKey = (typeof groupKeys)[number]
export type ConnectionGroup = { key: GroupKey; connections: ConnectionView[] }

/** A connection that ends without a person within this time is told about before it does. */
const SOON_MS = 24 * 60 * 60 * 1000

/** Those that need a person come first; within a group by provider, then account. */
export function groupConnections(connections: readonly ConnectionView[], now: number): ConnectionGroup[] {
  const sorted = [...connections].sort(
    (a, b) => a.providerName.localeCompare(b.providerName) || a.account.localeCompare(b.account),
  )
  return groupKeys
    .map((key) => ({ key, connections: sorted.filter((connection) => groupOf(connection, now) === key) }))
    .filter((group) => group.connections.length > 0)
}

function groupOf({ lastOutcome, stopsWorkingAt }: ConnectionView, now: number): GroupKey {
  if (lastOutcome.status === 'reconnect_needed' || lastOutcome.status === 'config_error') return 'attention'
  if (lastOutcome.status === 'retrying') return 'retrying'
  return stopsWorkingAt !== null && stopsWorkingAt - now < SOON_MS ? 'ending' : 'healthy'
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
