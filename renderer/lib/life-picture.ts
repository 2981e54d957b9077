// Converts the recorded history of an authorization to the shares of a time span that the timeline draws: 0
// at its left edge, 1 at its right.
import type { ConnectionView, LifeEvent } from '../../shared/contract/connection.ts'

export type LifeBar = { from: number; to: number; fingerprint: string | null; current: boolean }
export type LifeMark = { at: number; event: LifeEvent }
export type LifePicture = {
  startsAt: number
  endsAt: number
  now: number
  bars: LifeBar[]
  marks: LifeMark[]
  uses: number[]
  nextRefresh: number | null
  stops: number | null
}

type Subject = Pick<
  ConnectionView,
  'life' | 'issuedAt' | 'expiresAt' | 'createdAt' | 'nextRefreshAt' | 'stopsWorkingAt' | 'lastOutcome'
>

/** Maximum number of token lifetimes in view. */
const LIVES_IN_VIEW = 6
const LEAST_SPAN_MS = 10 * 60 * 1000
const DAY_MS = 24 * 60 * 60 * 1000
const issuing: ReadonlySet<LifeEvent['kind']> = new Set(['connected', 'reconnected', 'refreshed', 'rotated'])

export function lifePicture(subject: Subject, now: number): LifePicture {
  const { startsAt, endsAt } = spanOf(subject, now)
  const share = (at: number): number => Math.min(1, Math.max(0, (at - startsAt) / (endsAt - startsAt)))
  const inView = (at: number | null): at is number => at !== null && at >= startsAt && at <= endsAt
  const events = [...subject.life].sort((a, b) => a.at - b.at)
  return {
    startsAt,
    endsAt,
    now: share(now),
    bars: barsOf(events, subject, now)
      .filter(({ from, to }) => to > startsAt && from < endsAt)
      .map(({ from, to, fingerprint, current }) => ({
        from: share(from),
        to: share(to),
        fingerprint,
        current,
      })),
    marks: events
      .filter(({ kind, at }) => kind !== 'used' && inView(at))
      .map((event) => ({ at: share(event.at), event })),
    uses: events.filter(({ kind, at }) => kind === 'used' && inView(at)).map(({ at }) => share(at)),
    nextRefresh: inView(subject.nextRefreshAt) ? share(subject.nextRefreshAt) : null,
    stops: inView(subject.stopsWorkingAt) ? share(subject.stopsWorkingAt) : null,
  }
}

function spanOf(
  { createdAt, issuedAt, expiresAt, life }: Subject,
  now: number,
): { startsAt: number; endsAt: number } {
  const lifetime = expiresAt === null ? DAY_MS : Math.max(60_000, expiresAt - issuedAt)
  const earliest = Math.min(createdAt, ...life.map(({ at }) => at))
  const startsAt = Math.min(Math.max(earliest, now - LIVES_IN_VIEW * lifetime), now - LEAST_SPAN_MS / 2)
  const passed = now - startsAt
  const ahead = Math.min(Math.max((expiresAt ?? now) - now, passed * 0.12), passed * 1.5)
  return { startsAt, endsAt: Math.max(now + ahead, startsAt + LEAST_SPAN_MS) }
}

/** Expiry of the current token, where it is known. */
function cutShort({ lastOutcome }: Subject, now: number): number {
  return lastOutcome.status === 'reconnect_needed' ? Math.min(lastOutcome.at, now) : Infinity
}

function barsOf(events: readonly LifeEvent[], subject: Subject, now: number): LifeBar[] {
  const { expiresAt, issuedAt } = subject
  const end = cutShort(subject, now)
  const isDead = end < Infinity
  const issued = events.filter(({ kind }) => issuing.has(kind))
  const ended = events.find(({ kind }) => kind === 'revoked')?.at ?? null
  if (issued.length === 0) {
    const to = Math.min(expiresAt ?? now, end)
    return [{ from: issuedAt, to, fingerprint: null, current: !isDead }]
  }
  return issued.map((event, index) => {
    const next = issued[index + 1]
    const isLast = next === undefined
    const expires = event.expiresAt ?? (isLast ? expiresAt : null) ?? next?.at ?? now
    const to = Math.min(expires, next?.at ?? expires, ended !== null && ended > event.at ? ended : expires)
    // A connection without a future does not extend the view beyond now.
    const shown = isLast ? Math.max(event.at, Math.min(to, end)) : to
    return { from: event.at, to: shown, fingerprint: event.fingerprint, current: isLast && !isDead }
  })
}
