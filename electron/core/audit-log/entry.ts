// One row as one line of text. The hash covers the line up to itself, so checking needs no second way of
// writing the same row; each line names the hash of the one before, so that nothing can be changed, taken out
// or exchanged without the next line not fitting.
import { hash as digest } from 'node:crypto'
import { type ActivityEntry, activityRow, type ActivityRow } from '../../../shared/contract/activity.ts'
import { redactText } from '../../../shared/domain/redact.ts'

/** A place in the chain: the number and hash of a row. */
export type ChainPoint = { seq: number; hash: string }

/** Before the first row there ever was. */
export const GENESIS: ChainPoint = { seq: 0, hash: '0'.repeat(64) }

const NOTE_LIMIT = 500
const OPENING = /^\{"seq":(\d+),"at":(-?\d+(?:\.\d+)?)/
const TAIL = /"prev":"([0-9a-f]{64})","hash":"([0-9a-f]{64})"\}$/
const HASH_FIELD = ',"hash":"'.length + 64 + '"}'.length

const hashOf = (text: string): string => digest('sha256', text, 'hex')

/** The next row after `before`, and its line. */
export function nextLine(
  entry: ActivityEntry,
  at: number,
  before: ChainPoint,
): { row: ActivityRow; line: string } {
  // Number and time first: a search reads them without parsing the rest.
  const unsigned = { seq: before.seq + 1, at, ...withoutSecrets(entry), prev: before.hash }
  const text = JSON.stringify(unsigned).slice(0, -1)
  const hash = hashOf(text)
  return { row: { ...unsigned, hash }, line: `${text},"hash":"${hash}"}\n` }
}

/** Number and time, read off the beginning of a line. */
export function readOpening(start: string): { seq: number; at: number } | null {
  const opening = OPENING.exec(start)
  return opening === null ? null : { seq: Number(opening[1]), at: Number(opening[2]) }
}

export type Link = ChainPoint & { at: number; prev: string }

/** A line (without its break) as a link of the chain; null when it is none or its hash does not fit. */
export function readLink(line: string): Link | null {
  const opening = readOpening(line)
  const tail = TAIL.exec(line)
  const [, prev, hash] = tail ?? []
  if (opening === null || prev === undefined || hash === undefined) return null
  return hashOf(line.slice(0, -HASH_FIELD)) === hash ? { ...opening, prev, hash } : null
}

/** The row in a line, for showing; its hash is not checked. */
export function parseLine(line: string): ActivityRow | null {
  try {
    const parsed = activityRow.safeParse(JSON.parse(line))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

// Queries are never recorded; names and notes may carry what somebody else wrote.
function withoutSecrets(entry: ActivityEntry): ActivityEntry {
  const path = entry.path?.replace(/[?#].*$/s, '')
  const note = entry.note === undefined ? undefined : redactText(entry.note).slice(0, NOTE_LIMIT)
  return {
    ...entry,
    ...(path === undefined ? {} : { path }),
    ...(note === undefined ? {} : { note }),
  }
}

/** Makes the code over a text, as long as the vault is open. */
export type LogMac = (text: string) => string

/** First and last number of rows that were written without a key. */
export type Stretch = { from: number; to: number }
