import { useMemo } from 'react'
import type { ActivityRow } from '../../../shared/contract/activity.ts'
import { text } from '../../lib/text.ts'
import { clock } from '../../lib/time.ts'
import { useNow } from '../../lib/use-now.ts'

const BARS = 60

/** How the loaded rows lie in time; what went wrong stands out. The words say which rows these are. */
export function ActivityBars({ rows }: { rows: readonly ActivityRow[] }) {
  const now = useNow(60_000)
  const bars = useMemo(() => barsOf(rows), [rows])
  const label = text.activity.bars(rows.length, clock(bars.from, now), clock(bars.to, now))
  return (
    <figure className="mb-4">
      <div role="img" aria-label={label} className="flex h-10 items-end gap-px">
        {bars.counts.map(({ from, good, bad }) => (
          <span key={from} className="flex h-full min-w-0 flex-1 flex-col justify-end">
            <span
              className="bg-bad block rounded-t-[1px]"
              style={{ height: `${(bad / bars.most) * 100}%` }}
            />
            <span className="bg-accent/45 block" style={{ height: `${(good / bars.most) * 100}%` }} />
          </span>
        ))}
      </div>
      <figcaption
        aria-hidden="true"
        className="border-line text-faint mt-px flex justify-between border-t pt-1 text-2xs tabular-nums"
      >
        <span>{clock(bars.from, now)}</span>
        <span>{clock(bars.to, now)}</span>
      </figcaption>
    </figure>
  )
}

type Bars = { from: number; to: number; most: number; counts: Bar[] }
type Bar = { from: number; good: number; bad: number }

export function barsOf(rows: readonly ActivityRow[]): Bars {
  const to = rows[0]?.at ?? 0
  const from = rows.at(-1)?.at ?? to
  const span = Math.max(1, to - from)
  const counts: Bar[] = Array.from({ length: BARS }, (_, place) => ({
    from: from + (span * place) / BARS,
    good: 0,
    bad: 0,
  }))
  for (const { at, outcome, count: times = 1 } of rows) {
    const place = Math.min(BARS - 1, Math.max(0, Math.floor(((at - from) / span) * BARS)))
    const count = counts[place]
    if (count === undefined) continue
    if (outcome === 'ok') count.good += times
    else count.bad += times
  }
  return { from, to, counts, most: Math.max(1, ...counts.map(({ good, bad }) => good + bad)) }
}
