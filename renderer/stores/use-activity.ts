import { useCallback, useEffect, useRef, useState } from 'react'
import type { ActivityRow } from '../../shared/contract/activity.ts'
import type { ErrorBody } from '../../shared/contract/errors.ts'
import type { UiInput, UiResult } from '../../shared/contract/ui-api.ts'
import { useHost } from './window-context.tsx'

const PAGE = 200

export type ActivityFilterQuery = Pick<
  UiInput<'activity.query'>,
  'appId' | 'connectionId' | 'kind' | 'outcome' | 'from' | 'to'
>
type Loaded = { rows: ActivityRow[]; atEnd: boolean; failure: ErrorBody | null }

export type ActivityFeed = Loaded & { loading: boolean; loadMore(): void }

/**
 * The audit log, newest first, page by page; new entries are added on top. The query is that of the first
 * call: another query needs another component.
 */
export function useActivity(asked: ActivityFilterQuery): ActivityFeed {
  const host = useHost()
  const [query] = useState(asked)
  const [loaded, setLoaded] = useState<Loaded>({ rows: [], atEnd: false, failure: null })
  const [loading, setLoading] = useState(true)
  const asking = useRef(true)

  const ask = useCallback(
    (before: number | null) =>
      host.call('activity.query', { ...query, limit: PAGE, ...(before === null ? {} : { before }) }),
    [host, query],
  )
  const take = useCallback((answer: UiResult<ActivityRow[]>) => {
    asking.current = false
    setLoading(false)
    setLoaded((now) =>
      answer.ok
        ? { rows: below(now.rows, answer.value), atEnd: answer.value.length < PAGE, failure: null }
        : { ...now, failure: answer.failure },
    )
  }, [])

  useEffect(() => {
    let wanted = true
    void ask(null).then((answer) => wanted && take(answer))
    const stop = host.subscribe('activity', (fresh) => {
      const matching = fresh.filter((row) => matches(row, query))
      if (matching.length > 0) setLoaded((now) => ({ ...now, rows: onTop(now.rows, matching) }))
    })
    return () => {
      wanted = false
      stop()
    }
  }, [host, query, ask, take])

  const oldest = loaded.rows.at(-1)?.seq ?? null
  const loadMore = useCallback(() => {
    if (asking.current || oldest === null || loaded.atEnd) return
    asking.current = true
    setLoading(true)
    void ask(oldest).then(take)
  }, [ask, take, oldest, loaded.atEnd])

  return { ...loaded, loading, loadMore }
}

function matches(
  row: ActivityRow,
  { appId, connectionId, kind, outcome, from, to }: ActivityFilterQuery,
): boolean {
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

function below(rows: readonly ActivityRow[], older: readonly ActivityRow[]): ActivityRow[] {
  const oldest = rows.at(-1)?.seq ?? Number.POSITIVE_INFINITY
  return [...rows, ...older.filter(({ seq }) => seq < oldest)]
}
