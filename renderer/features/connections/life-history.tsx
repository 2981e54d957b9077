import {
  CircleAlert,
  Clock,
  KeyRound,
  Link2,
  Link2Off,
  ListPlus,
  MousePointerClick,
  RefreshCw,
} from 'lucide-react'
import { useState } from 'react'
import type { LifeEvent } from '../../../shared/contract/connection.ts'
import { Button } from '../../components/input/button.tsx'
import { Moment } from '../../components/display/facts.tsx'
import { text } from '../../lib/text.ts'

const SHOWN_AT_FIRST = 8
const icons: Record<LifeEvent['kind'], typeof Clock> = {
  connected: Link2,
  reconnected: Link2,
  refreshed: RefreshCw,
  rotated: KeyRound,
  failed: CircleAlert,
  retrying: Clock,
  scopes_changed: ListPlus,
  used: MousePointerClick,
  revoked: Link2Off,
}
const colours: Partial<Record<LifeEvent['kind'], string>> = {
  connected: 'text-accent',
  reconnected: 'text-accent',
  refreshed: 'text-ok',
  rotated: 'text-ok',
  failed: 'text-bad',
  retrying: 'text-wait',
  revoked: 'text-bad',
}

/** The history of the authorization as text, newest first. */
export function LifeHistory({ life }: { life: readonly LifeEvent[] }) {
  const [all, setAll] = useState(false)
  const events = [...life].sort((a, b) => b.at - a.at)
  const shown = all ? events : events.slice(0, SHOWN_AT_FIRST)
  if (events.length === 0) return <p className="text-muted text-sm">{text.connections.detail.historyEmpty}</p>
  return (
    <>
      <ol className="flex flex-col">
        {shown.map((event, index) => (
          <HistoryLine
            key={`${event.at}:${event.kind}:${event.fingerprint ?? ''}:${event.by ?? ''}`}
            event={event}
            last={index === shown.length - 1}
          />
        ))}
      </ol>
      {!all && events.length > shown.length && (
        <Button look="ghost" size="sm" onClick={() => setAll(true)}>
          {text.connections.detail.showAll(events.length)}
        </Button>
      )}
    </>
  )
}

function HistoryLine({ event, last }: { event: LifeEvent; last: boolean }) {
  const Icon = icons[event.kind]
  return (
    <li className="relative flex gap-3 pb-3.5">
      {!last && <span aria-hidden="true" className="bg-line absolute top-6 bottom-0 left-[0.6875rem] w-px" />}
      <span
        className={`bg-active grid size-5.5 shrink-0 place-items-center rounded-full ${colours[event.kind] ?? 'text-muted'}`}
      >
        <Icon aria-hidden="true" className="size-3" />
      </span>
      <div className="min-w-0 flex-1 text-sm">
        <div className="flex flex-wrap items-baseline gap-x-2">
          <span className="text-ink font-medium">{text.connections.life[event.kind]}</span>
          {event.by !== null && <span className="text-muted">{text.connections.life.by(event.by)}</span>}
          <span className="text-faint ml-auto text-xs">
            <Moment at={event.at} />
          </span>
        </div>
        {event.message !== null && <p className="text-muted text-xs break-words">{event.message}</p>}
        <Fingerprints event={event} />
      </div>
    </li>
  )
}

function Fingerprints({ event }: { event: LifeEvent }) {
  if (event.fingerprint === null && event.refreshFingerprint === null) return null
  return (
    <p className="text-faint flex flex-wrap gap-x-3 text-xs">
      {event.fingerprint !== null && (
        <span>
          {text.connections.life.token} <code className="text-2xs">{event.fingerprint}</code>
        </span>
      )}
      {event.refreshFingerprint !== null && (
        <span>
          {text.connections.life.refreshToken} <code className="text-2xs">{event.refreshFingerprint}</code>
        </span>
      )}
    </p>
  )
}
