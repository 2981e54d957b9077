import { ChartNoAxesColumn, Download, ListFilter, ShieldCheck } from 'lucide-react'
import { toast } from 'sonner'
import { activityKind, activityOutcome } from '../../../shared/contract/activity.ts'
import { Button } from '../../components/input/button.tsx'
import { EmptyState, StopWaiting } from '../../components/feedback/waiting.tsx'
import { Failure } from '../../components/feedback/callout.tsx'
import { Page } from '../../components/layout/page.tsx'
import { Skeleton } from '../../components/feedback/spinner.tsx'
import type { ActivityFilter } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { replaceRoute } from '../../stores/use-route.ts'
import { useActivity, type ActivityFilterQuery } from '../../stores/use-activity.ts'
import { useCall } from '../../stores/use-call.ts'
import { ActivityBars, ActivityFilters } from './activity-filters.tsx'
import { ActivityList } from './activity-list.tsx'
import { useExportActivity } from './use-export-activity.ts'

const words = text.activity

export function ActivityScreen({ filter }: { filter: ActivityFilter }) {
  return (
    <Page
      title={words.title}
      subtitle={words.subtitle}
      width="wide"
      actions={<Actions key={JSON.stringify(filter)} filter={filter} />}
    >
      <ActivityFilters filter={filter} />
      <Rows key={JSON.stringify(filter)} filter={filter} />
    </Page>
  )
}

function Rows({ filter }: { filter: ActivityFilter }) {
  const activity = useActivity(queryOf(filter))
  const filtered = Object.keys(filter).length > 0
  const empty = !activity.loading && activity.rows.length === 0 && activity.failure === null
  return (
    <>
      <Failure failure={activity.failure} />
      {activity.loading && activity.rows.length === 0 && <Waiting />}
      {empty && filtered && (
        <EmptyState
          icon={<ListFilter />}
          title={words.noneMatch}
          actions={
            <Button onClick={() => replaceRoute({ name: 'activity', filter: {} })}>{words.clear}</Button>
          }
        />
      )}
      {empty && !filtered && (
        <EmptyState icon={<ChartNoAxesColumn />} title={words.emptyTitle}>
          {words.emptyLead}
        </EmptyState>
      )}
      {activity.rows.length > 0 && (
        <>
          <ActivityBars rows={activity.rows} />
          <ActivityList activity={activity} />
        </>
      )}
    </>
  )
}

/** A URL may contain anything; unknown filters are ignored. */
function queryOf({ appId, connectionId, kind, outcome, day }: ActivityFilter): ActivityFilterQuery {
  const known = { kind: activityKind.safeParse(kind), outcome: activityOutcome.safeParse(outcome) }
  const start = day === undefined ? Number.NaN : new Date(`${day}T00:00:00`).getTime()
  const end = Number.isNaN(start) ? start : new Date(start).setDate(new Date(start).getDate() + 1)
  return {
    ...(appId === undefined ? {} : { appId }),
    ...(connectionId === undefined ? {} : { connectionId }),
    ...(known.kind.success ? { kind: known.kind.data } : {}),
    ...(known.outcome.success ? { outcome: known.outcome.data } : {}),
    ...(Number.isNaN(start) ? {} : { from: start, to: end }),
  }
}

function Actions({ filter }: { filter: ActivityFilter }) {
  return (
    <>
      <Export filter={filter} />
      <Verify />
    </>
  )
}

function Export({ filter }: { filter: ActivityFilter }) {
  const { collected, failure, start, cancel } = useExportActivity(queryOf(filter))
  return (
    <>
      {collected !== null && collected > 0 && (
        <>
          <p role="status" className="text-muted text-xs tabular-nums">
            {words.exporting(collected)}
          </p>
          <Button onClick={cancel}>{text.common.cancel}</Button>
        </>
      )}
      <Button icon={<Download />} pending={collected !== null} onClick={() => void start()}>
        {words.export}
      </Button>
      <Failure failure={failure} />
    </>
  )
}

function Verify() {
  const verify = useCall('activity.verify')
  const run = async (): Promise<void> => {
    const answer = await verify.run(undefined)
    if (answer === null) return
    const { ok, message, authenticated } = answer.value
    if (ok && authenticated) toast.success(words.authenticated, { description: message })
    else if (ok) toast.message(words.consistent, { description: message })
    else toast.error(words.broken, { description: message, duration: Infinity })
  }
  return (
    <>
      <StopWaiting call={verify} />
      <Button icon={<ShieldCheck />} pending={verify.pending} onClick={() => void run()}>
        {words.verify}
      </Button>
      <Failure failure={verify.failure} />
    </>
  )
}

function Waiting() {
  return (
    <div role="status" aria-label={text.common.loading} className="flex flex-col gap-1.5">
      {Array.from({ length: 10 }, (_, index) => (
        <Skeleton key={index} className="h-10" />
      ))}
    </div>
  )
}
