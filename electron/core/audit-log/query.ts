// Searches rows, newest first, and parses only matches: a filter is searched as the bytes it has in a line.
// JSON escapes quotes in values, so these bytes cannot come from text inside a value.
import { readFile } from 'node:fs/promises'
import type { ActivityQuery, ActivityRow } from '../../../shared/contract/activity.ts'
import { systemCode } from '../storage/durable-file.ts'
import { parseLine, readOpening } from './entry.ts'
import type { JournalSegment } from './segments.ts'

/**
 * Memory first (newest), then the segments from the newest to the oldest. `below`: the first number that is
 * not on disk yet.
 */
export type SearchPlace = {
  lines: readonly string[]
  segments: readonly JournalSegment[]
  below: number
  /** Cached times of segments that no longer change. */
  times: SegmentTimes
}

/** The earliest and latest time in a segment, by its path. */
export type SegmentTimes = Map<string, { earliest: number; latest: number }>

export async function searchRows(query: ActivityQuery, place: SearchPlace): Promise<ActivityRow[]> {
  const found: ActivityRow[] = []
  const wanted = matcher(query)
  searchBytes(
    Buffer.from(place.lines.join('')),
    { ...wanted, below: wanted.below, limit: query.limit },
    found,
  )
  const below = Math.min(wanted.below, place.below)
  for (const segment of place.segments.toReversed()) {
    if (found.length >= query.limit) break
    if (segment.firstSeq >= below || isElsewhen(place.times.get(segment.path), wanted)) continue
    const bytes = await readFile(segment.path).catch(nothingIfPruned)
    if (isTimed(wanted) && segment !== place.segments.at(-1)) rememberTimes(place.times, segment, bytes)
    searchBytes(bytes, { ...wanted, below, limit: query.limit }, found)
  }
  return found
}

type Matcher = { needles: readonly Buffer[]; from: number; to: number; below: number }

function matcher(query: ActivityQuery): Matcher {
  // The rarest first: it is searched; the others are only checked at its matches.
  const fields = [
    ['connectionId', query.connectionId],
    ['appId', query.appId],
    ['outcome', query.outcome === 'ok' ? undefined : query.outcome],
    ['kind', query.kind],
    ['outcome', query.outcome],
  ] as const
  const needles = fields.flatMap(([name, value]) =>
    value === undefined ? [] : [Buffer.from(`"${name}":${JSON.stringify(value)}`)],
  )
  return {
    needles,
    from: query.from ?? -Infinity,
    to: query.to ?? Infinity,
    below: query.before ?? Infinity,
  }
}

const NEWLINE = 0x0a

function searchBytes(bytes: Buffer, wanted: Matcher & { limit: number }, found: ActivityRow[]): void {
  const [rarest, ...others] = wanted.needles
  // The text after the last line break is being written.
  let end = bytes.lastIndexOf(NEWLINE)
  while (end > 0 && found.length < wanted.limit) {
    const hit = rarest === undefined ? end - 1 : bytes.subarray(0, end).lastIndexOf(rarest)
    if (hit === -1) return
    const start = bytes.lastIndexOf(NEWLINE, hit) + 1
    const stop = bytes.indexOf(NEWLINE, hit)
    const line = bytes.subarray(start, stop)
    if (isWithin(line, wanted) && others.every((needle) => line.includes(needle))) {
      const row = parseLine(line.toString('utf8'))
      if (row !== null) found.push(row)
    }
    end = start - 1
  }
}

function isWithin(line: Buffer, { from, to, below }: Matcher): boolean {
  if (from === -Infinity && to === Infinity && below === Infinity) return true
  const opening = readOpening(line.toString('latin1', 0, 64))
  return opening !== null && opening.seq < below && opening.at >= from && opening.at < to
}

const isTimed = ({ from, to }: Matcher): boolean => from !== -Infinity || to !== Infinity

function isElsewhen(times: { earliest: number; latest: number } | undefined, { from, to }: Matcher): boolean {
  return times !== undefined && (times.latest < from || times.earliest >= to)
}

// Read from every line and not only from the ends, because the wall clock may have been set back.
function rememberTimes(known: SegmentTimes, { path }: JournalSegment, bytes: Buffer): void {
  if (known.has(path)) return
  const times = { earliest: Infinity, latest: -Infinity }
  let start = 0
  do {
    const opening = readOpening(bytes.toString('latin1', start, start + 64))
    if (opening !== null) {
      times.earliest = Math.min(times.earliest, opening.at)
      times.latest = Math.max(times.latest, opening.at)
    }
    start = bytes.indexOf(NEWLINE, start) + 1
  } while (start > 0)
  known.set(path, times)
}

// Pruning may remove the oldest segments during a search.
function nothingIfPruned(error: unknown): Buffer {
  if (systemCode(error) === 'ENOENT') return Buffer.alloc(0)
  throw error
}
