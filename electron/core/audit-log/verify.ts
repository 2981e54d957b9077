// Verifies the hash chain from its anchor to the newest row and reports the first invalid row.
import { readFile } from 'node:fs/promises'
import { type LogMac, type Stretch, type ChainPoint, GENESIS, readLink } from './entry.ts'
import { sameMac } from '../vault/key-holder.ts'
import { type Chain, chainText, readChain } from './chain.ts'
import type { WaitingLine } from './append.ts'
import { linesOf, listSegments, type JournalSegment } from './segments.ts'

export type VerificationResult = { ok: boolean; rows: number; firstBad: number | null; message: string }

/** `authenticated`: the vault's key confirms it, not only that the rows fit together. */
export type LogVerificationResult = VerificationResult & { authenticated: boolean }

/**
 * Adds the message that the window and the terminal show. `unkeyed`: rows that were written while the vault
 * was locked.
 */
export function withWords(
  verdict: VerificationResult,
  {
    authenticated,
    unkeyed,
  }: { authenticated: boolean; unkeyed: ReadonlyArray<{ from: number; to: number }> },
): LogVerificationResult {
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
  segments: readonly JournalSegment[]
  unwritten: readonly WaitingLine[]
  /** The newest row that must exist; later ones are ignored. */
  head: ChainPoint
}

// Some milliseconds of hashing before other work may run.
const LINES_A_TURN = 1_000

export async function verifyChain({
  anchor,
  segments,
  unwritten,
  head,
}: VerifyPlace): Promise<VerificationResult> {
  let at = anchor
  let rows = 0
  const check = (line: string): VerificationResult | null => {
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
    // Rows that reached the disk meanwhile were checked there.
    const verdict = point.seq > at.seq && point.seq <= head.seq ? check(line.trimEnd()) : null
    if (verdict !== null) return verdict
  }
  return finished(at, head, rows, anchor)
}

type Step = { kind: 'good'; point: ChainPoint } | { kind: 'bad'; seq: number; message: string }

function follow(line: string, before: ChainPoint): Step {
  const expected = before.seq + 1
  const link = readLink(line)
  if (link === null)
    return badStep(expected, `Row ${expected} was changed after it was written, or is no row.`)
  if (link.seq > expected) {
    const until = link.seq - 1
    const missing = until === expected ? `Row ${expected} is` : `Rows ${expected} to ${until} are`
    return badStep(expected, `${missing} missing or out of order: row ${link.seq} stands there.`)
  }
  if (link.seq < expected) return badStep(link.seq, `Row ${link.seq} stands again after row ${before.seq}.`)
  if (link.prev === before.hash) return { kind: 'good', point: { seq: link.seq, hash: link.hash } }
  return before.seq === 0
    ? badStep(link.seq, `Row ${link.seq} does not begin the chain.`)
    : badStep(before.seq, `Row ${before.seq} is not the one that row ${link.seq} was written after.`)
}

function finished(at: ChainPoint, head: ChainPoint, rows: number, anchor: ChainPoint): VerificationResult {
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

const badStep = (seq: number, message: string): Step => ({ kind: 'bad', seq, message })

// Verifies the log read-only, so also while another Keyway writes to it. With the vault's key it is
// authenticated; without it only the consistency of the rows is checked.

/** What the vault knows about the log. */
export type LogAuthority = { mac: LogMac; known: ChainPoint | null; unkeyed: readonly Stretch[] }

/**
 * `folder`: the log's own folder.
 * @throws if it cannot be read
 */
export async function verifyFolder(
  folder: string,
  authority: LogAuthority | null,
): Promise<LogVerificationResult> {
  const noted = readChain(folder)
  if (noted.kind === 'damaged') return bad(`${noted.path} was changed after it was written.`)
  const chain = noted.kind === 'good' ? noted.chain : null
  const anchor = chain?.anchor ?? GENESIS
  const segments = listSegments(folder).filter(({ firstSeq }) => firstSeq > anchor.seq)
  const last = await lastRow(segments)
  if (chain === null && last !== null)
    return bad('The note of how far the log goes (chain.json) is missing; entries may have been cut off.')
  // The last row according to the note, or to the rows if they continue: the note is written after them.
  const written = chain?.head ?? anchor
  const head = last !== null && last.seq > written.seq ? last : written
  const place = { anchor, segments, unwritten: [] }
  const verdict = await verifyChain({ ...place, head })
  if (!verdict.ok || authority === null || (chain?.keyed == null && authority.known === null))
    return withWords(verdict, { authenticated: false, unkeyed: [] })
  const complaint = complaintAbout(chain, authority)
  if (complaint !== null) return bad(complaint)
  const keyed = chain?.keyed?.head ?? GENESIS
  const upToKeyed = await verifyChain({ ...place, head: keyed })
  if (!upToKeyed.ok) return withWords(upToKeyed, { authenticated: false, unkeyed: [] })
  const open = keyed.seq < head.seq ? [{ from: keyed.seq + 1, to: head.seq }] : []
  return withWords(verdict, { authenticated: true, unkeyed: [...authority.unkeyed, ...open] })
}

function complaintAbout(chain: Chain | null, { mac, known }: LogAuthority): string | null {
  const keyed = chain?.keyed ?? null
  if (keyed === null)
    return known === null
      ? null
      : 'The note of how far the log goes is not authenticated; the log may have been written anew.'
  if (!sameMac(keyed.mac, mac(chainText(keyed))))
    return 'The note of how far the log goes was changed outside Keyway.'
  return known !== null && keyed.head.seq < known.seq
    ? `An older copy of the log was put back: it ends at entry ${keyed.head.seq}, and entry ${known.seq} had been written.`
    : null
}

const bad = (message: string): LogVerificationResult => ({
  ok: false,
  rows: 0,
  firstBad: null,
  message,
  authenticated: false,
})

async function lastRow(segments: readonly JournalSegment[]): Promise<ChainPoint | null> {
  const newest = segments.at(-1)
  if (newest === undefined) return null
  const links = [...linesOf(await readFile(newest.path, 'utf8'))].map(readLink)
  const link = links.findLast((each) => each !== null)
  return link === undefined || link === null ? null : { seq: link.seq, hash: link.hash }
}
