import { useMemo } from 'react'
import { activityKind, activityOutcome, type ActivityRow } from '../../../shared/contract/activity.ts'
import { isolated } from '../../../shared/contract/name.ts'
import { Button } from '../../components/input/button.tsx'
import { Select, type SelectOption } from '../../components/input/choices.tsx'
import { TextInput } from '../../components/input/inputs.tsx'
import { clock } from '../../lib/format.ts'
import { useNow } from '../../lib/hooks.ts'
import type { ActivityFilter } from '../../lib/route.ts'
import { connectionName } from '../../lib/status.ts'
import { text } from '../../lib/text.ts'
import { replaceRoute } from '../../stores/use-route.ts'
import { useSnapshot } from '../../stores/window-context.tsx'

const words = text.activity

/** The filters are part of the URL, so that a reload and a link keep them. */
export function ActivityFilters({ filter }: { filter: ActivityFilter }) {
  const { apps, connections } = useSnapshot()
  const choose = (key: keyof ActivityFilter, options: SelectOption[], all: string) => (
    <Select
      aria-label={words.filter[key === 'appId' ? 'app' : key === 'connectionId' ? 'connection' : key]}
      className="min-w-36 flex-1"
      value={filter[key] ?? ''}
      onChange={(event) =>
        replaceRoute({ name: 'activity', filter: { ...filter, [key]: event.target.value } })
      }
      options={[{ value: '', label: all }, ...options]}
    />
  )
  return (
    <div role="search" aria-label={words.filters} className="mb-4 flex flex-wrap gap-2">
      {choose(
        'appId',
        apps.map(({ id, name }) => ({ value: id, label: isolated(name) })),
        words.all.app,
      )}
      {choose(
        'connectionId',
        connections.map((each) => ({ value: each.id, label: connectionName(each) })),
        words.all.connection,
      )}
      {choose(
        'outcome',
        activityOutcome.options.map((value) => ({ value, label: words.outcomes[value] })),
        words.all.outcome,
      )}
      {choose(
        'kind',
        activityKind.options.map((value) => ({ value, label: words.kinds[value] })),
        words.all.kind,
      )}
      <TextInput
        type="date"
        aria-label={words.filter.day}
        className="min-w-36 flex-1"
        value={filter.day ?? ''}
        onChange={(event) =>
          replaceRoute({ name: 'activity', filter: { ...filter, day: event.target.value } })
        }
      />
      {Object.keys(filter).length > 0 && (
        <Button look="ghost" onClick={() => replaceRoute({ name: 'activity', filter: {} })}>
          {words.clear}
        </Button>
      )}
    </div>
  )
}

const BARS = 60

/**
 * The distribution of the loaded rows over time; failures are highlighted. The text states which rows these
 * are.
 */
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

function barsOf(rows: readonly ActivityRow[]): Bars {
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
