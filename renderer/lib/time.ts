const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const plural = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? '' : 's'}`

/** "3 minutes", "2 hours", "12 days": one unit, rounded down, at least a second. */
export function duration(ms: number): string {
  const length = Math.max(0, ms)
  if (length < MINUTE) return plural(Math.max(1, Math.floor(length / SECOND)), 'second')
  if (length < HOUR) return plural(Math.floor(length / MINUTE), 'minute')
  if (length < 2 * DAY) return plural(Math.floor(length / HOUR), 'hour')
  return plural(Math.floor(length / DAY), 'day')
}

/** "45s", "12m", "3h", "8d": for rings and narrow columns. */
export function shortDuration(ms: number): string {
  const length = Math.max(0, ms)
  if (length < MINUTE) return `${Math.ceil(length / SECOND)}s`
  if (length < HOUR) return `${Math.floor(length / MINUTE)}m`
  if (length < 2 * DAY) return `${Math.floor(length / HOUR)}h`
  return `${Math.floor(length / DAY)}d`
}

/** "just now", "5 minutes ago", "in 2 hours". */
export function relative(at: number, now: number): string {
  const distance = at - now
  if (Math.abs(distance) < 10 * SECOND) return 'just now'
  return distance < 0 ? `${duration(-distance)} ago` : `in ${duration(distance)}`
}

// Made once: a formatter for each row of a long list would cost more than the row.
const timeOfDay = new Intl.DateTimeFormat([], { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })

/** "14:05" today, "21 Nov, 14:05" otherwise, with the year when it is another one. */
export function clock(at: number, now: number): string {
  const date = new Date(at)
  const today = new Date(now)
  const time = timeOfDay.format(date)
  if (date.toDateString() === today.toDateString()) return time
  const sameYear = date.getFullYear() === today.getFullYear()
  const day = date.toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'short',
    ...(sameYear ? {} : { year: 'numeric' }),
  })
  return `${day}, ${time}`
}

/** For a tooltip: nothing left out. */
export function exactTime(at: number): string {
  return new Date(at).toLocaleString('en-GB', { dateStyle: 'full', timeStyle: 'long' })
}

/** "4:32" until a deadline. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / SECOND))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
