import type { ConnectionView, LifeEvent } from '../../../shared/contract/connection.ts'
import { Tooltip } from '../../components/feedback/tooltip.tsx'
import { classes, clock } from '../../lib/format.ts'
import { lifePicture, type LifeBar, type LifeMark, type LifePicture } from '../../lib/life-picture.ts'
import { text } from '../../lib/text.ts'
import { useNow } from '../../lib/hooks.ts'

const at = (share: number): { left: string } => ({ left: `${share * 100}%` })

/** The history of an authorization as a timeline. The list below it states the same as text. */
export function LifePictureView({ connection }: { connection: ConnectionView }) {
  const now = useNow(5000)
  const picture = lifePicture(connection, now)
  const count = (kinds: ReadonlyArray<LifeEvent['kind']>): number =>
    picture.marks.filter(({ event }) => kinds.includes(event.kind)).length
  const summary = text.connections.lifeSummary(
    count(['refreshed', 'rotated']),
    count(['failed', 'retrying']),
    picture.uses.length,
  )
  return (
    <figure
      aria-label={summary}
      className="border-line bg-surface shadow-card rounded-lg border px-4 pt-4 pb-2.5"
    >
      <div className="relative" aria-hidden="true">
        <div className="relative h-7">
          {picture.bars.map((bar) => (
            <Bar key={`${bar.from}:${bar.fingerprint}`} bar={bar} now={picture.now} />
          ))}
        </div>
        <div className="border-line relative mt-2 h-5 border-t">
          {picture.marks.map((mark) => (
            <Mark key={`${mark.at}:${mark.event.kind}`} mark={mark} now={now} />
          ))}
          {picture.nextRefresh !== null && (
            <span
              className="border-accent absolute -top-1 size-2 -translate-x-1/2 rounded-full border-[1.5px]"
              style={at(picture.nextRefresh)}
            />
          )}
        </div>
        <div className="relative h-4">
          {picture.uses.map((use) => (
            <span key={use} className="bg-faint absolute bottom-0 h-3 w-px opacity-60" style={at(use)} />
          ))}
        </div>
        <Upright share={picture.now} tone="accent" />
        {picture.stops !== null && <Upright share={picture.stops} tone="bad" />}
      </div>
      <Axis picture={picture} now={now} />
      <Legend picture={picture} />
    </figure>
  )
}

function Bar({ bar, now }: { bar: LifeBar; now: number }) {
  const passed = Math.min(bar.to, Math.max(bar.from, now))
  const width = (from: number, to: number): string => `${Math.max(0, to - from) * 100}%`
  return (
    <>
      <span
        className={classes(
          'absolute inset-y-0 rounded-md',
          bar.current ? 'bg-ok/70' : 'bg-ok/30',
          bar.current && passed < bar.to && 'rounded-r-none',
        )}
        style={{ ...at(bar.from), width: `calc(${width(bar.from, passed)} - 2px)` }}
      />
      {bar.current && passed < bar.to && (
        <span
          className="bg-ok/15 border-ok/50 absolute inset-y-0 rounded-r-md border border-l-0 border-dashed"
          style={{ ...at(passed), width: width(passed, bar.to) }}
        />
      )}
    </>
  )
}

const markLooks: Record<LifeEvent['kind'], string> = {
  connected: 'bg-accent rounded-full',
  reconnected: 'bg-accent rounded-full',
  refreshed: 'bg-ok rounded-full',
  rotated: 'bg-ok rotate-45 rounded-[2px]',
  failed: 'bg-bad rounded-[2px]',
  retrying: 'bg-wait rounded-[2px]',
  scopes_changed: 'bg-setup rounded-full',
  used: 'bg-faint rounded-full',
  revoked: 'bg-bad rounded-full',
}

function Mark({ mark, now }: { mark: LifeMark; now: number }) {
  return (
    <Tooltip label={`${text.connections.life[mark.event.kind]}, ${clock(mark.event.at, now)}`}>
      <span className="absolute -top-2.5 grid size-5 -translate-x-1/2 place-items-center" style={at(mark.at)}>
        <span className={classes('ring-surface size-2 ring-2', markLooks[mark.event.kind])} />
      </span>
    </Tooltip>
  )
}

function Upright({ share, tone }: { share: number; tone: 'accent' | 'bad' }) {
  return (
    <span
      className={classes('absolute -top-1.5 bottom-0 w-px', tone === 'accent' ? 'bg-accent' : 'bg-bad')}
      style={at(share)}
    />
  )
}

function Axis({ picture, now }: { picture: LifePicture; now: number }) {
  const nearEnd = picture.now > 0.82
  return (
    <div
      aria-hidden="true"
      className="text-faint text-2xs relative mt-1.5 flex h-4 justify-between tabular-nums"
    >
      <span className={classes(picture.now < 0.16 && 'invisible')}>{clock(picture.startsAt, now)}</span>
      <span className="text-accent absolute -translate-x-1/2 font-medium" style={at(picture.now)}>
        {text.connections.detail.now}
      </span>
      <span className={classes(nearEnd && 'invisible')}>{clock(picture.endsAt, now)}</span>
    </div>
  )
}

/** The legend of the visible marks. */
function Legend({ picture }: { picture: LifePicture }) {
  const kinds = new Set(picture.marks.map(({ event }) => event.kind))
  const entry = (key: string, look: string, label: string) => (
    <li key={key} className="flex items-center gap-1.5">
      <span className={look} />
      {label}
    </li>
  )
  return (
    <ul
      aria-hidden="true"
      className="text-muted border-line mt-2 flex flex-wrap gap-x-4 gap-y-1 border-t pt-2.5 text-2xs"
    >
      {legendKinds
        .filter((kind) => kinds.has(kind))
        .map((kind) => entry(kind, `size-2 ${markLooks[kind]}`, text.connections.lifeLegend[kind]))}
      {picture.uses.length > 0 && entry('used', 'bg-faint h-2.5 w-px', text.connections.lifeLegend.used)}
      {picture.nextRefresh !== null &&
        entry('next', 'border-accent size-2 rounded-full border-[1.5px]', text.connections.lifeLegend.next)}
      {picture.stops !== null && entry('stops', 'bg-bad h-2.5 w-px', text.connections.lifeLegend.stops)}
    </ul>
  )
}

const legendKinds = [
  'connected',
  'reconnected',
  'refreshed',
  'rotated',
  'failed',
  'retrying',
  'scopes_changed',
  'revoked',
] as const
