import { useCallback, useEffect, useRef, useState } from 'react'
import type { ActivityRow } from '../../shared/contract/activity.ts'
import type { ErrorBody } from '../../shared/contract/errors.ts'
import type { UiInput } from '../../shared/contract/ui-api.ts'
import { useHost } from './window-context.tsx'

const PAGE = 200

type Query = Pick<UiInput<'activity.query'>, 'appId' | 'connectionId' | 'kind' | 'outcome' | 'from' | 'to'>
type Loaded = { rows: ActivityRow[]; atEnd: boolean; failure: ErrorBody | null; first: boolean }
const nothing: Loaded = { rows: [], atEnd: false, failure: null, first: true }

export type Activity = Omit<Loaded, 'first'> & { loading: boolean; loadMore(): void }

/** The journal, newest first, a page at a time; what happens while one looks is put on top. */
export function useActivity(query: Query): Activity {
  const host = useHost()
  const key = JSON.stringify(query)
  const [loaded, setLoaded] = useState<Loaded>(nothing)
  const [loading, setLoading] = useState(true)
  const epoch = useRef(0)
  const busy = useRef(false)

  const load = useCallback(
    async (before: number | null) => {
      if (busy.current && before !== null) return
      busy.current = true
      setLoading(true)
      const mine = epoch.current
      const wanted = JSON.parse(key) as Query
      const answer = await host.call('activity.query', {
        ...wanted,
        limit: PAGE,
        ...(before === null ? {} : { before }),
      })
      if (mine !== epoch.current) return
      busy.current = false
      setLoading(false)
      setLoaded((now) =>
        answer.ok
          ? {
              rows: before === null ? answer.value : [...now.rows, ...answer.value],
              atEnd: answer.value.length < PAGE,
              failure: null,
              first: false,
            }
          : { ...now, failure: answer.failure, first: false },
      )
    },
    [host, key],
  )

  useEffect(() => {
    epoch.current += 1
    busy.current = false
    setLoaded(nothing)
    void load(null)
    const wanted = JSON.parse(key) as Query
    return host.subscribe('activity', (fresh) => {
      const matching = fresh.filter((row) => matches(row, wanted))
      if (matching.length > 0) setLoaded((now) => ({ ...now, rows: onTop(now.rows, matching) }))
    })
  }, [host, key, load])

  const oldest = loaded.rows.at(-1)?.seq ?? null
  const loadMore = useCallback(() => {
    if (oldest !== null && !loaded.atEnd) void load(oldest)
  }, [load, oldest, loaded.atEnd])

  return { ...loaded, loading, loadMore }
}

function matches(row: ActivityRow, { appId, connectionId, kind, outcome, from, to }: Query): boolean {
  return (
    (appId === undefined || row.appId === appId) &&
    (connectionId === undefined || row.connectionId === connectionId) &&
    (kind === undefined || row.kind === kind) &&
    (outcome === undefined || row.outcome === outcome) &&
    (from === undefined || row.at >= from) &&
    (to === undefined || row.at < to)
  )
}

function onTop(rows: readonly ActivityRow[], fresh: readonly ActivityRow[]): ActivityRow[] {
  const newest = rows[0]?.seq ?? 0
  const added = fresh.filter(({ seq }) => seq > newest).sort((a, b) => b.seq - a.seq)
  return [...added, ...rows]
}
