import { useVirtualizer } from '@tanstack/react-virtual'
import { ChevronRight, CircleAlert, CircleCheck, CircleSlash } from 'lucide-react'
import { memo, useCallback, useEffect, useRef, useState } from 'react'
import type { ActivityRow } from '../../../shared/contract/activity.ts'
import { isolated, shown } from '../../../shared/contract/name.ts'
import { bytes, classes, clock, exactTime } from '../../lib/format.ts'
import { useNow, useScrollPlace } from '../../lib/hooks.ts'
import { text } from '../../lib/text.ts'
import type { ActivityFeed } from '../../stores/use-activity.ts'
import { AllowHost } from '../providers/hosts.tsx'
import { useSnapshot } from '../../stores/window-context.tsx'

const ROW_REM = 2.5
const LINE_PX = 1
/** Older rows are requested when this few remain below. */
const AHEAD = 40

export function ActivityList({ activity }: { activity: ActivityFeed }) {
  const { rows, loading, atEnd } = activity
  const list = useRef<HTMLDivElement>(null)
  const now = useNow(60_000)
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set())
  const place = useScrollPlace(list)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => place.scroller,
    // Exact for a row of one line: any other height makes the list measure all rows below it again.
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

/** Requests older rows before the end of the loaded ones is reached. */
function useLoadAhead({ rows, loading, atEnd, loadMore }: ActivityFeed, last: number): void {
  useEffect(() => {
    if (!loading && !atEnd && last > rows.length - AHEAD) loadMore()
  }, [last, rows.length, loading, atEnd, loadMore])
}

const words = text.activity
const looks = {
  ok: { Icon: CircleCheck, colour: 'text-ok' },
  refused: { Icon: CircleSlash, colour: 'text-wait' },
  failed: { Icon: CircleAlert, colour: 'text-bad' },
}

type ActivityLineProps = { row: ActivityRow; now: number; open: boolean; onToggle: (seq: number) => void }

const ActivityLine = memo(function ActivityLine({ row, now, open, onToggle }: ActivityLineProps) {
  const { Icon, colour } = looks[row.outcome]
  const nameOf = useProviderNames()
  const sentence = activitySentence(row, nameOf)
  return (
    <>
      <button
        type="button"
        aria-expanded={open}
        onClick={() => onToggle(row.seq)}
        className="hover:bg-hover flex min-h-10 w-full items-center gap-2.5 px-3 py-2 text-left outline-offset-[-2px]"
      >
        <Icon aria-hidden="true" className={classes('size-3.5 shrink-0', colour)} />
        <span className="sr-only">{words.outcomes[row.outcome]}:</span>
        <span className="flex min-w-0 flex-1 items-baseline gap-2.5 max-sm:flex-col-reverse max-sm:items-start max-sm:gap-0">
          <span className="text-faint w-24 shrink-0 text-xs tabular-nums max-sm:w-auto">
            {clock(row.at, now)}
          </span>
          <span className="text-ink max-w-full min-w-0 flex-1 truncate text-sm max-sm:line-clamp-2 max-sm:whitespace-normal">
            {sentence}
            {row.count !== undefined && <span className="text-muted"> · {words.times(row.count)}</span>}
            {row.note !== undefined && <span className="text-muted"> · {isolated(row.note)}</span>}
          </span>
        </span>
        {row.status !== undefined && (
          <span
            className={classes(
              'font-mono text-xs tabular-nums max-sm:hidden',
              row.status >= 400 ? 'text-bad' : 'text-muted',
            )}
          >
            {row.status}
          </span>
        )}
        {row.durationMs !== undefined && (
          <span className="text-faint w-16 text-right text-xs tabular-nums max-sm:hidden">
            {words.ms(row.durationMs)}
          </span>
        )}
        <ChevronRight
          aria-hidden="true"
          className={classes(
            'text-faint size-3.5 shrink-0 transition-transform duration-120',
            open && 'rotate-90',
          )}
        />
      </button>
      {open && <Details row={row} nameOf={nameOf} />}
    </>
  )
})

/** A full row, with its hash in the chain. */
function Details({ row, nameOf }: { row: ActivityRow; nameOf: NameOf }) {
  const { fields } = words
  const facts: (readonly [string, string | undefined])[] = [
    [fields.when, exactTime(row.at)],
    [fields.seq, String(row.seq)],
    [fields.app, row.appName],
    [fields.connection, row.providerSlug === undefined ? undefined : connectionOf(row, nameOf)],
    [fields.method, row.method],
    [fields.host, row.host],
    [fields.path, row.path],
    [fields.status, row.status?.toString()],
    [fields.bytesOut, row.bytesOut === undefined ? undefined : bytes(row.bytesOut)],
    [fields.bytesIn, row.bytesIn === undefined ? undefined : bytes(row.bytesIn)],
    [fields.duration, row.durationMs === undefined ? undefined : words.ms(row.durationMs)],
    [fields.count, row.count === undefined ? undefined : words.times(row.count)],
    [fields.code, row.code],
    [fields.note, row.note],
    [fields.hash, row.hash],
    [fields.prev, row.prev],
  ]
  const { providers } = useSnapshot()
  const provider = providers.find(({ slug }) => slug === row.providerSlug)
  const refusedHost = row.code === 'target_not_allowed' ? row.host : undefined
  return (
    <div className="animate-fade bg-sunken flex flex-col gap-2 px-4 py-3">
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-xs">
        {facts.map(([label, value]) =>
          value === undefined ? null : (
            <div key={label} className="contents">
              <dt className="text-muted">{label}</dt>
              <dd className="text-ink min-w-0 break-all">
                <bdi>{shown(value)}</bdi>
              </dd>
            </div>
          ),
        )}
      </dl>
      {provider !== undefined && refusedHost !== undefined && (
        <AllowHost providerId={provider.id} missing={{ host: refusedHost, why: null }} />
      )}
    </div>
  )
}

function useProviderNames(): NameOf {
  const { providers } = useSnapshot()
  return (slug) => providers.find((provider) => provider.slug === slug)?.name ?? slug
}

/** The name of a slug's provider; the slug itself when the provider is gone. */
export type NameOf = (slug: string) => string

/** The text of a row, as one sentence. */
function activitySentence(row: ActivityRow, providerName: NameOf): string {
  const app = row.appName === undefined ? words.somebody : isolated(row.appName)
  const connection = connectionOf(row, providerName)
  switch (row.kind) {
    case 'approval':
      return approvalSentence(row, app, connection)
    case 'vend':
      return `${app} ${words.sentences[row.kind][row.outcome]} ${connection}`
    case 'proxy': {
      const request = [row.method, shown(`${row.host ?? ''}${row.path ?? ''}`)].filter(Boolean).join(' ')
      return `${app} ${words.sentences.proxy[row.outcome]} ${request} · ${connection}`
    }
    case 'refresh':
    case 'connect':
    case 'disconnect':
    case 'failure':
      return `${connection} ${words.sentences[row.kind][row.outcome]}`
    default: {
      const subject =
        row.kind === 'app'
          ? row.appName && isolated(row.appName)
          : row.kind === 'provider' && row.providerSlug !== undefined
            ? isolated(providerName(row.providerSlug))
            : undefined
      return [words.other[row.kind][row.outcome], subject].filter(Boolean).join(': ')
    }
  }
}

/** Without a connection the approval was a pairing. */
function approvalSentence(row: ActivityRow, app: string, connection: string): string {
  const isUnanswered = row.code !== undefined && row.code !== 'approval_denied'
  if (row.connectionId === undefined) {
    if (row.outcome === 'ok') return words.pairing.ok(app)
    return isUnanswered ? words.pairing.unanswered(app) : words.pairing.denied(app)
  }
  const outcome = isUnanswered ? 'failed' : row.outcome
  return `${app} ${words.sentences.approval[outcome]} ${connection}`
}

function connectionOf({ providerSlug, account }: ActivityRow, providerName: NameOf): string {
  const parts = [providerSlug === undefined ? undefined : providerName(providerSlug), account].filter(
    (part) => part !== undefined,
  )
  return parts.length === 0 ? words.someConnection : parts.map(isolated).join(' · ')
}
