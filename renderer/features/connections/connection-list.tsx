import { useVirtualizer } from '@tanstack/react-virtual'
import { Plug } from 'lucide-react'
import { type CSSProperties, useMemo, useRef, useState } from 'react'
import type { ConnectionView } from '../../../shared/contract/connection.ts'
import { isolated } from '../../../shared/contract/name.ts'
import type { ProviderView } from '../../../shared/contract/provider.ts'
import { connectionState, type ConnectionState } from '../../../shared/domain/connection-state.ts'
import { ProviderIcon } from '../../components/brand/provider-icon.tsx'
import { Button } from '../../components/input/button.tsx'
import { Rows } from '../../components/layout/page.tsx'
import { classes } from '../../lib/format.ts'
import { useScrollPlace } from '../../lib/hooks.ts'
import { hrefOf } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { useIconOf } from '../providers/use-presets.ts'
import { useStartSignIn } from '../sign-in/use-start-sign-in.ts'
import { ColumnHeadings, ConnectionListRow, ROW_REM } from './connection-row.tsx'

type Line =
  | { kind: 'heading'; key: string; group: string; label: string; count: number; first: boolean }
  | { kind: 'row'; key: string; connection: ConnectionView; position: 'only' | 'first' | 'middle' | 'last' }

const HEADING_REM = 2.25
const GAP_REM = 0.75

/** All groups in one virtual list: a thousand connections scroll as lightly as ten. */
export function ConnectionList({ groups, now }: { groups: readonly ConnectionGroup[]; now: number }) {
  const lines = useMemo(() => linesOf(groups), [groups])
  const list = useRef<HTMLDivElement>(null)
  const place = useScrollPlace(list)
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => place.scroller,
    estimateSize: (index) => heightOf(lines[index]) * place.rem,
    getItemKey: (index) => lines[index]?.key ?? index,
    scrollMargin: place.top,
    overscan: 8,
  })

  return (
    <div
      ref={list}
      role="list"
      aria-label={text.connections.title}
      className="@container relative"
      style={{ height: virtual.getTotalSize() }}
    >
      {virtual.getVirtualItems().map((item) => {
        const line = lines[item.index]
        if (line === undefined) return null
        const style = { height: item.size, transform: `translateY(${item.start - place.top}px)` }
        if (line.kind === 'heading') return <GroupHeading key={item.key} line={line} style={style} />
        return (
          <div
            key={item.key}
            role="listitem"
            className={classes(
              'border-line bg-surface absolute inset-x-0 top-0 border-x border-b',
              (line.position === 'first' || line.position === 'only') && 'rounded-t-lg border-t',
              (line.position === 'last' || line.position === 'only') && 'shadow-card rounded-b-lg',
            )}
            style={style}
          >
            <ConnectionListRow connection={line.connection} now={now} />
          </div>
        )
      })}
    </div>
  )
}

function GroupHeading({ line, style }: { line: Extract<Line, { kind: 'heading' }>; style: CSSProperties }) {
  return (
    <div role="listitem" className="absolute inset-x-0 top-0 flex items-end gap-2 px-1 pb-2" style={style}>
      <h2 className={classes('text-sm font-semibold', line.group === 'attention' ? 'text-bad' : 'text-ink')}>
        {line.label}
      </h2>
      <span className="text-faint text-xs tabular-nums">{line.count}</span>
      {line.first && <ColumnHeadings />}
    </div>
  )
}

function linesOf(groups: readonly ConnectionGroup[]): Line[] {
  return groups.flatMap(({ key, label, connections }, groupIndex): Line[] => [
    {
      kind: 'heading',
      key: `group:${key}`,
      group: key,
      label,
      count: connections.length,
      first: groupIndex === 0,
    },
    ...connections.map((connection, index): Line => {
      const last = index === connections.length - 1
      const position = connections.length === 1 ? 'only' : index === 0 ? 'first' : last ? 'last' : 'middle'
      return { kind: 'row', key: connection.id, connection, position }
    }),
  ])
}

function heightOf(line: Line | undefined): number {
  if (line?.kind !== 'heading') return ROW_REM
  return line.first ? HEADING_REM - 0.5 : HEADING_REM + GAP_REM
}

const stateGroups = ['attention', 'retrying', 'ending', 'unverified', 'connected'] as const
type StateGroup = (typeof stateGroups)[number]
export type Grouping = 'status' | 'provider'
export type ConnectionGroup = { key: string; label: string; connections: ConnectionView[] }

const groupOf: Record<ConnectionState['kind'], StateGroup> = {
  reconnect_needed: 'attention',
  config_error: 'attention',
  ended: 'attention',
  retrying: 'retrying',
  ends: 'ending',
  not_verified: 'unverified',
  verified: 'connected',
}

/**
 * By status, those that need a person come first; else one group for each provider. Within a group by
 * provider, then account.
 */
export function groupConnections(
  connections: readonly ConnectionView[],
  now: number,
  by: Grouping = 'status',
): ConnectionGroup[] {
  const sorted = [...connections].sort(
    (a, b) => a.providerName.localeCompare(b.providerName) || a.account.localeCompare(b.account),
  )
  if (by === 'provider') {
    return [...Map.groupBy(sorted, ({ providerId }) => providerId)].map(([key, members]) => ({
      key,
      label: isolated(members[0]?.providerName ?? ''),
      connections: members,
    }))
  }
  const grouped = Map.groupBy(sorted, (connection) => groupOf[connectionState(connection, now).kind])
  return stateGroups.flatMap((key) => {
    const members = grouped.get(key)
    return members === undefined ? [] : [{ key, label: text.connections.groups[key], connections: members }]
  })
}

const GROUPING_KEY = 'keyway.connections.grouping'

/** How the list is grouped, kept in this browser. */
export function useGrouping(): [Grouping, (grouping: Grouping) => void] {
  const [grouping, setGrouping] = useState<Grouping>(() =>
    localStorage.getItem(GROUPING_KEY) === 'provider' ? 'provider' : 'status',
  )
  return [
    grouping,
    (next) => {
      localStorage.setItem(GROUPING_KEY, next)
      setGrouping(next)
    },
  ]
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

/** Providers that are registered and have no account yet: ready to connect. */
export function ReadyProviders({ providers }: { providers: readonly ProviderView[] }) {
  return (
    <Rows>
      {providers.map((provider) => (
        <ReadyProvider key={provider.id} provider={provider} />
      ))}
    </Rows>
  )
}

function ReadyProvider({ provider }: { provider: ProviderView }) {
  const signIn = useStartSignIn()
  const icon = useIconOf(provider.slug, provider.id)
  return (
    <div className="flex flex-wrap items-center gap-3">
      <ProviderIcon icon={icon} name={provider.name} />
      <a
        href={hrefOf({ name: 'provider', id: provider.id, tab: 'overview' })}
        className="min-w-0 flex-1 text-sm font-medium hover:underline"
      >
        {isolated(provider.name)}
      </a>
      <Button
        look="primary"
        size="sm"
        icon={<Plug />}
        pending={signIn.pending}
        aria-label={text.connections.connectTo(provider.name)}
        onClick={() => void signIn.start({ providerId: provider.id })}
      >
        {text.connections.connect}
      </Button>
    </div>
  )
}
