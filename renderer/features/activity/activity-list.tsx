import { useVirtualizer } from '@tanstack/react-virtual'
import { useCallback, useEffect, useRef, useState } from 'react'
import { classes } from '../../lib/class-names.ts'
import { useNow } from '../../lib/use-now.ts'
import { useScrollPlace } from '../../lib/use-scroll-place.ts'
import { text } from '../../lib/text.ts'
import type { Activity } from '../../stores/use-activity.ts'
import { ActivityLine } from './activity-line.tsx'

const ROW_REM = 2.5
const LINE_PX = 1
/** Older rows are asked for when so few are left below. */
const AHEAD = 40

export function ActivityList({ activity }: { activity: Activity }) {
  const { rows, loading, atEnd } = activity
  const list = useRef<HTMLDivElement>(null)
  const now = useNow(60_000)
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set())
  const place = useScrollPlace(list)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => place.scroller,
    // Exact where a row is one line: a row that turns out otherwise makes the list count all that are below it anew.
    estimateSize: (index) => ROW_REM * place.rem + (index === 0 ? 0 : LINE_PX),
    getItemKey: (index) => rows[index]?.seq ?? index,
    scrollMargin: place.top,
    overscan: 12,
  })
  const items = virtual.getVirtualItems()
  useLoadAhead(activity, items.at(-1)?.index ?? 0)

  const toggle = useCallback((seq: number) => {
    setOpened((before) => {
      const next = new Set(before)
      if (!next.delete(seq)) next.add(seq)
      return next
    })
  }, [])

  return (
    <>
      <div
        ref={list}
        role="list"
        aria-label={text.activity.list}
        className="border-line bg-surface relative rounded-lg border"
        style={{ height: virtual.getTotalSize() }}
      >
        {items.map((item) => {
          const row = rows[item.index]
          if (row === undefined) return null
          return (
            <div
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              role="listitem"
              aria-setsize={atEnd ? rows.length : -1}
              aria-posinset={item.index + 1}
              className={classes('border-line absolute inset-x-0 top-0', item.index > 0 && 'border-t')}
              style={{ transform: `translateY(${item.start - place.top}px)` }}
            >
              <ActivityLine row={row} now={now} open={opened.has(row.seq)} onToggle={toggle} />
            </div>
          )
        })}
      </div>
      <p role="status" className="text-faint py-3 text-center text-xs">
        {loading ? text.activity.loadingMore : atEnd ? text.activity.end : ''}
      </p>
    </>
  )
}

/** Older rows are on their way before one gets to the end of those that are here. */
function useLoadAhead({ rows, loading, atEnd, loadMore }: Activity, last: number): void {
  useEffect(() => {
    if (!loading && !atEnd && last > rows.length - AHEAD) loadMore()
  }, [last, rows.length, loading, atEnd, loadMore])
}
