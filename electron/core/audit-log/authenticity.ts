// Who vouches for the log. Its chain of hashes shows that rows fit together; only the vault's key shows that
// they are the ones Keyway wrote. While the vault is locked rows are still written, and no key closes them:
// the next unlock does, and names them.
import { type LogMac, type Stretch, type ChainPoint, GENESIS, readLink } from './entry.ts'
import { readFile } from 'node:fs/promises'
import { sameMac } from '../vault/mac.ts'
import { type Chain, chainText, type KeyedChain } from './chain.ts'
import { verifyChain } from './verify.ts'
import { linesOf, type JournalSegment, type WaitingLine } from './writer.ts'

export type LogCheck = { kind: 'ok'; unkeyed: Stretch | null } | { kind: 'finding'; message: string }

export type Authenticity = {
  /** Whether the rows recorded now, and all before them, are vouched for. */
  readonly isKeyed: boolean
  /** The beginning may move only where that can be vouched for. */
  readonly mayPrune: boolean
  /** For the note on disk. */
  sign(chain: Pick<Chain, 'anchor' | 'head'>): KeyedChain | null
  /**
   * The vault opened. From an `ok` on, everything is vouched for again. `known`: how far the manifest says
   * the log went.
   */
  unlock(mac: LogMac, known: ChainPoint | null): Promise<LogCheck>
  /** The person goes on with the log as it is. */
  accept(mac: LogMac): Stretch | null
  /** The last moment with a key: vouches for everything up to now. */
  lock(): void
}

export function createAuthenticity(log: {
  /** As found at the start. */
  found: Pick<Chain, 'anchor' | 'keyed'> & { noteIsMissing: boolean }
  anchor: () => ChainPoint
  head: () => ChainPoint
  segments: () => readonly JournalSegment[]
  /** Rows that are not on disk yet. */
  unwritten: () => readonly WaitingLine[]
}): Authenticity {
  let mac: LogMac | null = null
  // Up to where somebody vouched for it, by the file at the start and by this process later.
  let closed = log.found.keyed
  let isChecked = false

  const signed = (chain: Pick<Chain, 'anchor' | 'head'>, by: LogMac): KeyedChain => ({
    anchor: chain.anchor,
    head: chain.head,
    mac: by(chainText(chain)),
  })
  const open = (by: LogMac, to: number): Stretch | null => {
    const from = (closed?.head ?? GENESIS).seq + 1
    isChecked = true
    mac = by
    return from > to ? null : { from, to }
  }

  return {
    get isKeyed() {
      return mac !== null
    },
    get mayPrune() {
      return mac !== null || closed === null
    },
    sign(chain) {
      if (mac !== null) return (closed = signed(chain, mac))
      // Made in the last moment with a key, for rows that had not reached the disk yet.
      return closed !== null && chain.head.seq >= closed.head.seq ? closed : null
    },
    async unlock(by, known) {
      // What comes while the rest is being looked at comes with the key there.
      const { seq } = log.head()
      if (!isChecked) {
        const message = await complaint(log, by, known)
        if (message !== null) return { kind: 'finding', message }
      }
      return { kind: 'ok', unkeyed: open(by, seq) }
    },
    accept(by) {
      closed = null
      return open(by, log.head().seq)
    },
    lock() {
      if (mac !== null) closed = signed({ anchor: log.anchor(), head: log.head() }, mac)
      mac = null
    },
  }
}

type Log = Parameters<typeof createAuthenticity>[0]

/** What speaks against the log as it was found; null when nothing does. */
async function complaint(log: Log, mac: LogMac, known: ChainPoint | null): Promise<string | null> {
  const { keyed, noteIsMissing } = log.found
  if (keyed === null) {
    if (known === null) return null
    return noteIsMissing || log.head().seq < known.seq
      ? `The log went to entry ${known.seq}, and the note of how far it goes is missing; entries may have been cut off or written anew.`
      : 'The note of how far the log goes is not the one that Keyway wrote; entries may have been cut off or written anew.'
  }
  if (!sameMac(keyed.mac, mac(chainText(keyed))))
    return 'The note of how far the log goes was changed outside Keyway.'
  const { head } = keyed
  if (known !== null && (head.seq < known.seq || (head.seq === known.seq && head.hash !== known.hash)))
    return `An older copy of the log was put back: it ends at entry ${head.seq}, and entry ${known.seq} had been written.`
  const anchor = log.anchor()
  if (anchor.seq !== keyed.anchor.seq || anchor.hash !== keyed.anchor.hash)
    return 'Entries at the beginning of the log were taken away outside Keyway.'
  return head.seq === anchor.seq ? null : tailComplaint(log, head)
}

/**
 * Whether the row that was vouched for stands in the log, and what follows fits. Only the parts from that row
 * on are read: that the ones before are whole is what `verify` is for, and takes its time with a long log.
 */
async function tailComplaint(log: Log, keyed: ChainPoint): Promise<string | null> {
  const now = log.head()
  const unwritten = log.unwritten()
  const from = log.segments().findLastIndex(({ firstSeq }) => firstSeq <= keyed.seq)
  const segments = from === -1 ? [] : log.segments().slice(from)
  const first = await firstRow(segments)
  if (first === null) return `The log was cut off: entry ${keyed.seq} had been written and is missing.`
  const anchor = { seq: first.seq - 1, hash: first.prev }
  for (const head of [keyed, now]) {
    const verdict = await verifyChain({ anchor, segments, unwritten, head })
    if (!verdict.ok) return verdict.message
  }
  return null
}

async function firstRow(segments: readonly JournalSegment[]): Promise<ReturnType<typeof readLink>> {
  const [segment] = segments
  if (segment === undefined) return null
  const [line] = linesOf(await readFile(segment.path, 'utf8'))
  return line === undefined ? null : readLink(line)
}
