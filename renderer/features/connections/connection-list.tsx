import { useVirtualizer } from '@tanstack/react-virtual'
import { useMemo, useRef, type CSSProperties } from 'react'
import type { ConnectionView } from '../../../shared/contract/connection.ts'
import { classes } from '../../lib/class-names.ts'
import { text } from '../../lib/text.ts'
import { useScrollPlace } from '../../lib/use-scroll-place.ts'
import { ConnectionRow, ROW_REM } from './connection-row.tsx'
import type { ConnectionGroup, GroupKey } from './grouping.ts'

type Line =
  | { kind: 'heading'; key: string; group: GroupKey; count: number; first: boolean }
  | { kind: 'row'; key: string; connection: ConnectionView; position: 'only' | 'first' | 'middle' | 'last' }

const HEADING_REM = 2.5
const GAP_REM = 1.25

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
      className="relative"
      style={{ height: virtual.getTotalSize() }}
    >
      {virtual.getVirtualItems().map((item) => {
        const line = lines[item.index]
        if (line === undefined) return null
        const style = { height: item.size, transform: `translateY(${item.start - place.top}px)` }
        return line.kind === 'heading' ? (
          <GroupHeading key={item.key} line={line} style={style} />
        ) : (
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
            <ConnectionRow connection={line.connection} now={now} />
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
        {text.connections.groups[line.group]}
      </h2>
      <span className="text-faint text-xs tabular-nums">{line.count}</span>
    </div>
  )
}

function linesOf(groups: readonly ConnectionGroup[]): Line[] {
  return groups.flatMap(({ key, connections }, groupIndex): Line[] => [
    { kind: 'heading', key: `group:${key}`, group: key, count: connections.length, first: groupIndex === 0 },
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
