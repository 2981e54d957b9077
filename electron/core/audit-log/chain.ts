// Opens the hash chain at startup: finds the last complete row, cuts off a torn last line, and reports
// everything unexpected.
import { mkdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { createKeyedMutex } from '../async.ts'
import type { Clock, CorruptFile, Logger } from '../ports.ts'
import { systemCode, writeDurably } from '../storage/durable-file.ts'
import { quarantineFile, quarantinePath } from '../storage/quarantine.ts'
import { type ChainPoint, GENESIS, type Link, readLink } from './entry.ts'
import { linesOf, listSegments, type JournalSegment } from './segments.ts'

export type OpenedChain = Chain & {
  /** Oldest first; the last one is continued. */
  segments: JournalSegment[]
  /** The time of the last row; null if there is none. */
  newestAt: number | null
  /** The number of bytes of complete lines in the newest segment. */
  newestBytes: number
  /** There are rows, but no note of the last one. */
  noteIsMissing: boolean
  /** Problems that were found, to be recorded as rows of the log. */
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
 * Something with a segment's name that is not a file (a folder, a dangling link) contains no rows and must
 * not prevent the start.
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

// A crash during pruning leaves segments from before the anchor.
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
 * The number of bytes of complete lines in the newest segment. A partial row after them is copied to
 * quarantine if possible, and overwritten when the log continues.
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

/** Without a note, the chain starts where its first row says. */
function beginningOf(segments: readonly JournalSegment[]): ChainPoint {
  const [first] = segments
  if (first === undefined) return GENESIS
  const [line] = linesOf(readFileSync(first.path, 'utf8'))
  const link = line === undefined ? null : readLink(line)
  return link === null ? GENESIS : { seq: link.seq - 1, hash: link.prev }
}

// Rows that were on disk and are missing are not overwritten: the chain continues from the noted row, and the
// verification shows the gap.
function furthest(last: ChainPoint, noted: ChainPoint, findings: string[]): ChainPoint {
  if (noted.seq < last.seq || noted.hash === last.hash) return { seq: last.seq, hash: last.hash }
  if (noted.seq === last.seq) {
    findings.push(`Row ${last.seq} is not the one that was written.`)
    return noted
  }
  findings.push(`The rows ${last.seq + 1} to ${noted.seq} were on disk once and are gone.`)
  return noted
}

// The start of the chain (after pruning) and its last durable row. Without the latter, cutting off the newest
// rows would leave a valid chain. Both are authenticated with the vault's key up to the last lock, so that
// write access to the folder is not enough to forge another end.

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
   * Absent: written by an earlier version, or before there was a vault. Any other value is no authentication.
   */
  keyed: keyed.nullable().default(null).catch(null),
})

/** A start and an end that the vault's key authenticates. */
export type KeyedChain = z.output<typeof keyed>
export type Chain = { anchor: ChainPoint; head: ChainPoint; keyed: KeyedChain | null }

/** The text that the code of a {@link KeyedChain} authenticates. */
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

/** Keeps the note on disk up to date. Writes run one at a time; each writes the newest start and end. */
export function createChainNote(
  folder: string,
  initial: Chain,
  /** Authenticates a chain; null: no new authentication. */
  sign: (chain: Pick<Chain, 'anchor' | 'head'>) => KeyedChain | null,
): {
  readonly anchor: ChainPoint
  readonly keyed: KeyedChain | null
  /** Resolves when all started writes have ended. */
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
