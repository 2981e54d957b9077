const UNITS = ['bytes', 'KB', 'MB', 'GB'] as const

/** "812 bytes", "3.4 MB". */
export function bytes(count: number): string {
  let size = count
  let unit = 0
  while (size >= 1000 && unit < UNITS.length - 1) {
    size /= 1000
    unit += 1
  }
  return `${unit === 0 ? size : size.toFixed(size < 10 ? 1 : 0)} ${UNITS[unit]}`
}

/** The first error message in a part of a form, at any depth. */
export function firstMessage(branch: unknown): string | undefined {
  if (typeof branch !== 'object' || branch === null) return undefined
  if ('message' in branch && typeof branch.message === 'string' && branch.message !== '')
    return branch.message
  // A field's error holds its element under `ref`, which would lead into the DOM.
  for (const [name, value] of Object.entries(branch)) {
    const found = name === 'ref' ? undefined : firstMessage(value)
    if (found !== undefined) return found
  }
  return undefined
}

type Colours = { backgroundColor: string; color: string }

/** "Acme Cloud" → "AC", "github" → "G". */
export function initialsOf(name: string): string {
  const words = name.match(/[\p{L}\p{N}][\p{L}\p{M}\p{N}]*/gu) ?? []
  const letters = words.slice(0, 2).map((word) => String.fromCodePoint(word.codePointAt(0) ?? 0))
  return letters.join('').toLocaleUpperCase() || '?'
}

/** A muted color derived from the name; letters keep a contrast of 4.5:1 in both themes. */
export function tintOf(name: string): Colours {
  let hash = 0
  for (const letter of name) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 360
  return {
    backgroundColor: `light-dark(oklch(0.93 0.045 ${hash}), oklch(0.32 0.06 ${hash}))`,
    color: `light-dark(oklch(0.42 0.11 ${hash}), oklch(0.87 0.07 ${hash}))`,
  }
}

/** A brand's color where it is visible; very dark or pale ones are replaced by the text color. */
export function brandColour(hex: string, ground: 'light' | 'dark'): string {
  const light = luminanceOf(hex)
  if (ground === 'light') return light > 0.75 ? 'var(--color-ink)' : `#${hex}`
  return light < 0.1 ? 'var(--color-ink)' : `#${hex}`
}

/** Relative luminance (WCAG 2). */
function luminanceOf(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return channel <= 0.040_45 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/**
 * A slug derived from a name: "Acme Cloud (EU)" → "acme-cloud-eu". May be empty when the name has no such
 * letters or digits.
 */
export function slugFrom(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 63)
    .replace(/-$/, '')
}

/** The first of "acme", "acme-2", "acme-3" … that is free. */
export function nextFreeSlug(wanted: string, isFree: (slug: string) => boolean): string {
  if (wanted === '' || isFree(wanted)) return wanted
  for (let count = 2; count < 1000; count += 1) {
    const next = `${wanted.slice(0, 58)}-${count}`
    if (isFree(next)) return next
  }
  return wanted
}

/** Joins the class names that are set. */
export function classes(...names: ReadonlyArray<string | false | null | undefined>): string {
  return names.filter((name) => typeof name === 'string' && name !== '').join(' ')
}

const ISO_TIME = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g

/** A sentence of Keyway's core with its times converted to the local format. */
export function withLocalTimes(sentence: string, now: number): string {
  return sentence.replaceAll(ISO_TIME, (at) => clock(Date.parse(at), now))
}

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

// Created once: a formatter per row would cost more than the row.
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
