// Follows the chain from its anchor to the newest row and names the first place where it does not hold.
import { readFile } from 'node:fs/promises'
import { GENESIS, readLink, type ChainPoint } from './activity-line.ts'
import type { WaitingLine } from './journal-batches.ts'
import { linesOf, type Segment } from './segments.ts'

export type Verdict = { ok: boolean; rows: number; firstBad: number | null; message: string }

/** `authenticated`: the vault's key vouches for it, not only that the rows fit together. */
export type LogVerdict = Verdict & { authenticated: boolean }

/** The verdict in the words that the window and the terminal share. `unkeyed`: rows that were written while the vault was locked. */
export function withWords(
  verdict: Verdict,
  {
    authenticated,
    unkeyed,
  }: { authenticated: boolean; unkeyed: ReadonlyArray<{ from: number; to: number }> },
): LogVerdict {
  if (!verdict.ok) return { ...verdict, authenticated: false }
  const how = authenticated
    ? 'authenticated: complete, and as Keyway wrote them'
    : 'complete and consistent, not authenticated'
  const locked = unkeyed.map(({ from, to }) => (from === to ? String(from) : `${from} to ${to}`))
  const without =
    locked.length === 0
      ? ''
      : ` Written without the vault's key (while it was locked, or before this check): ${locked.join(', ')}.`
  return {
    ...verdict,
    authenticated,
    message: `All ${verdict.rows} entries are ${how}.${verdict.message}${without}`,
  }
}

export type VerifyPlace = {
  anchor: ChainPoint
  segments: readonly Segment[]
  unwritten: readonly WaitingLine[]
  /** The newest row there must be; later ones are not looked at. */
  head: ChainPoint
}

// Some milliseconds of hashing, then whoever else waits for the event loop has a turn.
const LINES_A_TURN = 1_000

export async function verifyChain({ anchor, segments, unwritten, head }: VerifyPlace): Promise<Verdict> {
  let at = anchor
  let rows = 0
  const check = (line: string): Verdict | null => {
    const step = follow(line, at)
    if (step.kind === 'bad') return { ok: false, rows, firstBad: step.seq, message: step.message }
    at = step.point
    rows += 1
    return null
  }
  for (const { path } of segments) {
    for (const line of linesOf(await readFile(path, 'utf8'))) {
      if (at.seq === head.seq) break
      const verdict = check(line)
      if (verdict !== null) return verdict
      if (rows % LINES_A_TURN === 0) await new Promise(setImmediate)
    }
  }
  for (const { line, point } of unwritten) {
    // What reached the disk meanwhile was checked there.
    const verdict = point.seq > at.seq && point.seq <= head.seq ? check(line.trimEnd()) : null
    if (verdict !== null) return verdict
  }
  return finished(at, head, rows, anchor)
}

type Step = { kind: 'good'; point: ChainPoint } | { kind: 'bad'; seq: number; message: string }

function follow(line: string, before: ChainPoint): Step {
  const expected = before.seq + 1
  const link = readLink(line)
  if (link === null) return bad(expected, `Row ${expected} was changed after it was written, or is no row.`)
  if (link.seq > expected) {
    const until = link.seq - 1
    const missing = until === expected ? `Row ${expected} is` : `Rows ${expected} to ${until} are`
    return bad(expected, `${missing} missing or out of order: row ${link.seq} stands there.`)
  }
  if (link.seq < expected) return bad(link.seq, `Row ${link.seq} stands again after row ${before.seq}.`)
  if (link.prev === before.hash) return { kind: 'good', point: { seq: link.seq, hash: link.hash } }
  return before.seq === 0
    ? bad(link.seq, `Row ${link.seq} does not begin the chain.`)
    : bad(before.seq, `Row ${before.seq} is not the one that row ${link.seq} was written after.`)
}

function finished(at: ChainPoint, head: ChainPoint, rows: number, anchor: ChainPoint): Verdict {
  if (at.seq < head.seq) {
    const firstBad = at.seq + 1
    const message = `The journal was cut off: rows ${firstBad} to ${head.seq} are missing.`
    return { ok: false, rows, firstBad, message }
  }
  if (at.hash !== head.hash) {
    return { ok: false, rows, firstBad: at.seq, message: `Row ${at.seq} is not the one that was written.` }
  }
  const since =
    anchor.seq === GENESIS.seq ? '' : ` Entries before ${anchor.seq + 1} were removed for their age.`
  return { ok: true, rows, firstBad: null, message: since }
}

const bad = (seq: number, message: string): Step => ({ kind: 'bad', seq, message })
