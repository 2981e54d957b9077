// The format of a row: one line of text. The hash covers the line up to itself, so verification needs no
// second serialization. Each line contains the hash of the previous one, so a changed, removed or swapped
// line breaks the chain.
import { hash as digest } from 'node:crypto'
import { type ActivityEntry, activityRow, type ActivityRow } from '../../../shared/contract/activity.ts'
import { redactText } from '../../../shared/domain/redact.ts'

/** A position in the chain: the number and hash of a row. */
export type ChainPoint = { seq: number; hash: string }

/** The position before the first row. */
export const GENESIS: ChainPoint = { seq: 0, hash: '0'.repeat(64) }

const NOTE_LIMIT = 500
const OPENING = /^\{"seq":(\d+),"at":(-?\d+(?:\.\d+)?)/
const TAIL = /"prev":"([0-9a-f]{64})","hash":"([0-9a-f]{64})"\}$/
const HASH_FIELD = ',"hash":"'.length + 64 + '"}'.length

const hashOf = (text: string): string => digest('sha256', text, 'hex')

/** The row after `before`, and its line. */
export function nextLine(
  entry: ActivityEntry,
  at: number,
  before: ChainPoint,
): { row: ActivityRow; line: string } {
  // Number and time come first, so that a search can read them without parsing the rest.
  const unsigned = { seq: before.seq + 1, at, ...withoutSecrets(entry), prev: before.hash }
  const text = JSON.stringify(unsigned).slice(0, -1)
  const hash = hashOf(text)
  return { row: { ...unsigned, hash }, line: `${text},"hash":"${hash}"}\n` }
}

/** Reads number and time from the start of a line. */
export function readOpening(start: string): { seq: number; at: number } | null {
  const opening = OPENING.exec(start)
  return opening === null ? null : { seq: Number(opening[1]), at: Number(opening[2]) }
}

export type Link = ChainPoint & { at: number; prev: string }

/**
 * Reads a line (without its line break) as part of the chain; null if it is invalid or its hash does not
 * match.
 */
export function readLink(line: string): Link | null {
  const opening = readOpening(line)
  const tail = TAIL.exec(line)
  const [, prev, hash] = tail ?? []
  if (opening === null || prev === undefined || hash === undefined) return null
  return hashOf(line.slice(0, -HASH_FIELD)) === hash ? { ...opening, prev, hash } : null
}

/** Reads the row of a line for display; its hash is not checked. */
export function parseLine(line: string): ActivityRow | null {
  try {
    const parsed = activityRow.safeParse(JSON.parse(line))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

// URL queries are never recorded. Names and notes may contain text from outside, so they are redacted.
function withoutSecrets(entry: ActivityEntry): ActivityEntry {
  const path = entry.path?.replace(/[?#].*$/s, '')
  const note = entry.note === undefined ? undefined : redactText(entry.note).slice(0, NOTE_LIMIT)
  return {
    ...entry,
    ...(path === undefined ? {} : { path }),
    ...(note === undefined ? {} : { note }),
  }
}

/** Authenticates a text while the vault is unlocked. */
export type LogMac = (text: string) => string

/** First and last number of rows that were written without a key. */
export type Stretch = { from: number; to: number }
