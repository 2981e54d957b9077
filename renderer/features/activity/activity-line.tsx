import { memo } from 'react'
import { ChevronRight, CircleAlert, CircleCheck, CircleSlash } from 'lucide-react'
import type { ActivityRow } from '../../../shared/contract/activity.ts'
import { isolated, shown } from '../../../shared/contract/name.ts'
import { bytes } from '../../lib/bytes.ts'
import { classes } from '../../lib/class-names.ts'
import { text } from '../../lib/text.ts'
import { clock, exactTime } from '../../lib/time.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { activitySentence, connectionOf, type NameOf } from './activity-sentence.ts'

const words = text.activity
const looks = {
  ok: { Icon: CircleCheck, colour: 'text-ok' },
  refused: { Icon: CircleSlash, colour: 'text-wait' },
  failed: { Icon: CircleAlert, colour: 'text-bad' },
}

type ActivityLineProps = { row: ActivityRow; now: number; open: boolean; onToggle: (seq: number) => void }

export const ActivityLine = memo(function ActivityLine({ row, now, open, onToggle }: ActivityLineProps) {
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

/** A row in full, with its link in the chain. */
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
  return (
    <dl className="animate-fade bg-sunken grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 px-4 py-3 text-xs">
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
  )
}

function useProviderNames(): NameOf {
  const { providers } = useSnapshot()
  return (slug) => providers.find((provider) => provider.slug === slug)?.name ?? slug
}
