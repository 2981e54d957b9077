// Finding where to go on at start: after the last whole row, with a torn last line taken off and everything
// odd told.
import { mkdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { createKeyedMutex } from '../async.ts'
import type { Clock, CorruptFile, Logger } from '../ports.ts'
import { writeDurably } from '../storage/durable-file.ts'
import { systemCode } from '../storage/file-ops.ts'
import { quarantineFile, quarantinePath } from '../storage/quarantine.ts'
import { type ChainPoint, GENESIS, type Link, readLink } from './entry.ts'
import { linesOf, listSegments, type JournalSegment } from './writer.ts'

export type OpenedChain = Chain & {
  /** Oldest first; the last one is written on. */
  segments: JournalSegment[]
  /** When the last row was recorded; null when there is none. */
  newestAt: number | null
  /** How much of the newest segment is whole lines. */
  newestBytes: number
  /** There are rows, and no note of how far they go. */
  noteIsMissing: boolean
  /** What was found wrong, to be recorded as rows of the journal itself. */
  findings: string[]
}

export type OpenChainDeps = {
  folder: string
  clock: Clock
  logger: Logger
  onCorruptFile: (damage: CorruptFile) => void
}

export function openChain(deps: OpenChainDeps): OpenedChain {
  const findings: string[] = []
  const noted = notedChain(deps, findings)
  const segments = finishPruning(deps, filesAmong(deps, findings), noted?.anchor ?? GENESIS)
  const newest = segments.at(-1)
  const newestBytes = newest === undefined ? 0 : wholeBytes(deps, newest, findings)
  const last = lastRow(segments)
  const anchor = noted?.anchor ?? beginningOf(segments)
  const head = furthest(last ?? anchor, noted?.head ?? GENESIS, findings)
  return {
    anchor,
    head,
    keyed: noted?.keyed ?? null,
    segments,
    newestAt: last?.at ?? null,
    newestBytes,
    noteIsMissing: noted === null && last !== null,
    findings,
  }
}

function notedChain(deps: OpenChainDeps, findings: string[]): Chain | null {
  const found = readChain(deps.folder)
  if (found.kind === 'good') return found.chain
  if (found.kind === 'damaged') {
    const detectedAt = deps.clock.now()
    const setAsidePath = quarantineFile(found.path, detectedAt)
    deps.onCorruptFile({ file: found.path, setAsidePath, using: 'nothing', detectedAt })
    findings.push('The note of how far the journal went could not be read and was set aside.')
  }
  return null
}

/**
 * What has a segment's name and is no file (a folder, a link to nothing) can hold no rows; it must not keep
 * Keyway from starting.
 */
function filesAmong(deps: OpenChainDeps, findings: string[]): JournalSegment[] {
  return listSegments(deps.folder).filter(({ path }) => {
    if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) return true
    const detectedAt = deps.clock.now()
    const setAsidePath = quarantineFile(path, detectedAt)
    deps.onCorruptFile({ file: path, setAsidePath, using: 'nothing', detectedAt })
    findings.push('A part of the journal was not a file and was set aside.')
    return false
  })
}

// A crash in the middle of pruning leaves segments from before the anchor.
function finishPruning(
  deps: OpenChainDeps,
  segments: readonly JournalSegment[],
  anchor: ChainPoint,
): JournalSegment[] {
  const kept = segments.filter(({ firstSeq }) => firstSeq > anchor.seq)
  for (const { path } of segments.filter((one) => !kept.includes(one))) {
    try {
      unlinkSync(path)
    } catch (error) {
      deps.logger.warn('A pruned part of the activity journal could not be removed', { file: path, error })
    }
  }
  return kept
}

/**
 * How much of the newest segment is whole lines. What follows is half a row: copied aside where the disk
 * takes it, and written over when the journal goes on.
 */
function wholeBytes(deps: OpenChainDeps, { path }: JournalSegment, findings: string[]): number {
  const bytes = readFileSync(path)
  const whole = bytes.lastIndexOf(0x0a) + 1
  const torn = bytes.subarray(whole)
  if (torn.length === 0) return whole
  findings.push(`A crash cut off the last line of the journal; its ${torn.length} bytes were set aside.`)
  const target = quarantinePath(path, deps.clock.now())
  try {
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
    writeFileSync(target, torn, { mode: 0o600 })
    deps.logger.warn('The last line of the activity journal was cut off by a crash', { file: path, target })
  } catch (error) {
    deps.logger.warn('Half a line of the activity journal could not be set aside', { file: path, error })
  }
  return whole
}

function lastRow(segments: readonly JournalSegment[]): Link | null {
  for (const { path } of segments.toReversed()) {
    const lines = [...linesOf(readFileSync(path, 'utf8'))]
    for (const line of lines.toReversed()) {
      const link = readLink(line)
      if (link !== null) return link
    }
  }
  return null
}

/** Without a note, the chain is taken to begin where its first row says. */
function beginningOf(segments: readonly JournalSegment[]): ChainPoint {
  const [first] = segments
  if (first === undefined) return GENESIS
  const [line] = linesOf(readFileSync(first.path, 'utf8'))
  const link = line === undefined ? null : readLink(line)
  return link === null ? GENESIS : { seq: link.seq - 1, hash: link.prev }
}

// Rows that were once on disk and are gone are not written over: the chain goes on from what was noted, and
// verifying shows the break.
function furthest(last: ChainPoint, noted: ChainPoint, findings: string[]): ChainPoint {
  if (noted.seq < last.seq || noted.hash === last.hash) return { seq: last.seq, hash: last.hash }
  if (noted.seq === last.seq) {
    findings.push(`Row ${last.seq} is not the one that was written.`)
    return noted
  }
  findings.push(`The rows ${last.seq + 1} to ${noted.seq} were on disk once and are gone.`)
  return noted
}

// Where the chain begins (after pruning) and how far it was once on disk. Without the second, cutting off the
// newest rows would leave a chain that fits. Both are authenticated by the vault's key up to the last moment
// in which there was one; whoever can write the folder cannot make another end look right.

const point = z.object({
  seq: z.int().nonnegative(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
})
const keyed = z.object({ anchor: point, head: point, mac: z.string().regex(/^[0-9a-f]{64}$/) })
const chainFile = z.object({
  version: z.literal(1),
  anchor: point,
  head: point,
  /**
   * Absent: written by a version without it, or before there was a vault. Anything else in its place is no
   * authentication.
   */
  keyed: keyed.nullable().default(null).catch(null),
})

/** A beginning and an end that the vault's key vouches for. */
export type KeyedChain = z.output<typeof keyed>
export type Chain = { anchor: ChainPoint; head: ChainPoint; keyed: KeyedChain | null }

/** What the code of a {@link KeyedChain} is made over. */
export const chainText = ({ anchor, head }: Pick<Chain, 'anchor' | 'head'>): string =>
  `${anchor.seq} ${anchor.hash}\n${head.seq} ${head.hash}`

const pathIn = (folder: string): string => join(folder, 'chain.json')

export function readChain(
  folder: string,
): { kind: 'absent' } | { kind: 'damaged'; path: string } | { kind: 'good'; chain: Chain } {
  const path = pathIn(folder)
  try {
    const parsed = chainFile.safeParse(JSON.parse(readFileSync(path, 'utf8')))
    if (!parsed.success) return { kind: 'damaged', path }
    const { anchor, head, keyed: signed } = parsed.data
    return { kind: 'good', chain: { anchor, head, keyed: signed } }
  } catch (error) {
    return systemCode(error) === 'ENOENT' ? { kind: 'absent' } : { kind: 'damaged', path }
  }
}

/** Keeps the note on disk in step; changes take turns, and each writes the newest of both points. */
export function createChainNote(
  folder: string,
  initial: Chain,
  /** What vouches for this much, from now on; null: nothing new does. */
  sign: (chain: Pick<Chain, 'anchor' | 'head'>) => KeyedChain | null,
): {
  readonly anchor: ChainPoint
  readonly keyed: KeyedChain | null
  /** Every write that was begun has ended. */
  settled(): Promise<void>
  update(change: Partial<Pick<Chain, 'anchor' | 'head'>>): Promise<void>
} {
  const runExclusive = createKeyedMutex()
  let chain = initial
  return {
    get anchor() {
      return chain.anchor
    },
    get keyed() {
      return chain.keyed
    },
    settled: () => runExclusive('chain', async () => undefined),
    update: (change) =>
      runExclusive('chain', async () => {
        const wanted = { ...chain, ...change }
        const next: Chain = { ...wanted, keyed: sign(wanted) ?? chain.keyed }
        await writeDurably(pathIn(folder), JSON.stringify({ version: 1, ...next }))
        chain = next
      }),
  }
}
