// Authenticates the audit log with a key of the vault. The hash chain only shows that rows fit together; the
// key shows that Keyway wrote them. Rows that are written while the vault is locked are authenticated at the
// next unlock, which records which rows they are.
import { type LogMac, type Stretch, type ChainPoint, GENESIS, readLink } from './entry.ts'
import { readFile } from 'node:fs/promises'
import { sameMac } from '../vault/key-holder.ts'
import { type Chain, chainText, type KeyedChain } from './chain.ts'
import { verifyChain } from './verify.ts'
import type { WaitingLine } from './append.ts'
import { linesOf, type JournalSegment } from './segments.ts'

export type LogCheck = { kind: 'ok'; unkeyed: Stretch | null } | { kind: 'finding'; message: string }

export type Authenticity = {
  /** Whether the newest rows, and all before them, are authenticated. */
  readonly isKeyed: boolean
  /** The start of the chain may move only while that can be authenticated. */
  readonly mayPrune: boolean
  /** The authentication for the note on disk. */
  sign(chain: Pick<Chain, 'anchor' | 'head'>): KeyedChain | null
  /**
   * The vault was unlocked. After `ok` everything is authenticated again. `known`: the last row according to
   * the manifest.
   */
  unlock(mac: LogMac, known: ChainPoint | null): Promise<LogCheck>
  /** The person accepts the log as it is. */
  accept(mac: LogMac): Stretch | null
  /** Called right before the key is wiped: authenticates everything up to now. */
  lock(): void
}

export function createAuthenticity(log: {
  /** The state of the chain at startup. */
  found: Pick<Chain, 'anchor' | 'keyed'> & { noteIsMissing: boolean }
  anchor: () => ChainPoint
  head: () => ChainPoint
  segments: () => readonly JournalSegment[]
  /** Rows that are not on disk yet. */
  unwritten: () => readonly WaitingLine[]
}): Authenticity {
  let mac: LogMac | null = null
  // The last authenticated state: from the file at startup, later from this process.
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
      // Authenticated right before the key was wiped, for rows that were not on disk yet.
      return closed !== null && chain.head.seq >= closed.head.seq ? closed : null
    },
    async unlock(by, known) {
      // Rows that are added during the check are authenticated with the key.
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

/** The problem with the log as found at startup; null if there is none. */
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
 * Checks that the authenticated row is in the log and that the rows after it fit. Only segments from that row
 * on are read. Earlier ones are checked by `verify`, which takes longer.
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
