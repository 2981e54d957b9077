// The audit log: who did what when. Append-only, with a hash chain, and without secrets. Missing rows are
// never overwritten.
import { readFile } from 'node:fs/promises'
import type { ActivityEntry, ActivityQuery, ActivityRow } from '../../../shared/contract/activity.ts'
import { type Authenticity, createAuthenticity } from './authenticity.ts'
import { type Stretch, type ChainPoint } from './entry.ts'
import { createKeyedMutex } from '../async.ts'
import type { Clock, CorruptFile, Logger } from '../ports.ts'
import { makeFolder, removeDurably, removeLeftovers } from '../storage/durable-file.ts'
import { createChainNote, openChain, type OpenedChain } from './chain.ts'
import { searchRows, type SegmentTimes } from './query.ts'
import { type LogVerificationResult, verifyChain, withWords } from './verify.ts'
import { createBufferedAuditLog, createJournalWriter } from './append.ts'
import { createSegmentWriter, planPruning, type JournalSegment, type WriteAt } from './segments.ts'

// About 14,000 rows: searched in a few milliseconds, and the unit that pruning removes.
const MAX_SEGMENT_BYTES = 4 * 1024 * 1024

export type ActivityJournalDeps = {
  /** The log's own folder; created with mode 0700. */
  folder: string
  clock: Clock
  logger: Logger
  onCorruptFile: (damage: CorruptFile) => void
  maxSegmentBytes?: number
  writeAt?: WriteAt
}

export type ActivityJournal = {
  /** Returns immediately; durable within one second. Never throws. */
  append(entry: ActivityEntry): void
  /**
   * Newest first, including rows that are not on disk yet. For the next page pass the `seq` of the last row
   * as `before`.
   */
  query(query: ActivityQuery): Promise<ActivityRow[]>
  /**
   * Reports the first row that was changed, removed, swapped or cut off, and whether the vault's key
   * authenticates the log.
   */
  verify(): Promise<LogVerificationResult>
  /** Authentication of the log with the vault's key. */
  readonly authenticity: LogKey
  /** Called after each row, in order. Returns a function that unsubscribes. */
  onAppend(listener: (row: ActivityRow) => void): () => void
  /** All rows so far, oldest first, as JSON lines in chunks of up to some megabytes. */
  lines(): AsyncGenerator<string>
  /**
   * Removes segments (days) of which every row is older than `olderThan`, in epoch milliseconds. The chain is
   * valid from there on.
   */
  prune(olderThan: number): Promise<{ removedRows: number }>
  /**
   * Resolves when all rows are durable.
   * @throws KeywayError `disk_full` | `save_failed`
   */
  flush(): Promise<void>
  /** Flushes and closes the files in any case. May be called twice. */
  close(): Promise<void>
}

/** Like {@link Authenticity}; each change is on disk with the next write. */
export type LogKey = Pick<Authenticity, 'isKeyed' | 'unlock' | 'accept' | 'lock'> & {
  /** The last row that is on disk and authenticated; null while there is none. */
  durableHead(): ChainPoint | null
  /** Records which rows were written while the vault was locked, for the verification. */
  name(stretches: readonly Stretch[]): void
}

export function openActivityJournal(deps: ActivityJournalDeps): ActivityJournal {
  makeFolder(deps.folder)
  removeLeftovers(deps.folder)
  const opened = openChain(deps)
  const parts = assemble(deps, opened)
  const { writer, recorder, segments } = parts
  const runExclusive = createKeyedMutex()
  const times: SegmentTimes = new Map()
  for (const note of opened.findings)
    recorder.append({ kind: 'system', outcome: 'failed', code: 'data_damaged', note })
  let closing: Promise<void> | null = null
  return {
    append: recorder.append,
    query(query) {
      const unwritten = writer.unwritten()
      const below = unwritten[0]?.point.seq ?? recorder.head.seq + 1
      const lines = unwritten.map(({ line }) => line)
      return searchRows(query, { lines, segments: [...segments], below, times })
    },
    verify: () => runExclusive('disk', () => verifyParts(parts)),
    authenticity: logKey(parts),
    onAppend: recorder.onAppend,
    lines: () => allLines(parts),
    prune: (olderThan) => runExclusive('disk', () => pruneParts(parts, olderThan)),
    flush: () => writer.flush(),
    close() {
      recorder.close()
      closing ??= writer
        .close()
        .catch((error: unknown) => {
          deps.logger.error('The last rows of the activity journal could not be written', { error })
        })
        .then(parts.note.settled)
      return closing
    },
  }
}

type Parts = ReturnType<typeof assemble>

function assemble(deps: ActivityJournalDeps, opened: OpenedChain) {
  const { folder, clock, logger, writeAt } = deps
  const { segments, newestAt, newestBytes, anchor, head } = opened
  const note = createChainNote(folder, { anchor, head, keyed: opened.keyed }, (chain) =>
    authenticity.sign(chain),
  )
  const segmentWriter = createSegmentWriter({
    folder,
    segments,
    newestAt,
    newestBytes,
    maxBytes: deps.maxSegmentBytes ?? MAX_SEGMENT_BYTES,
    ...(writeAt === undefined ? {} : { writeAt }),
  })
  const writer = createJournalWriter({
    folder,
    clock,
    logger,
    segments: segmentWriter,
    onSynced: (reached) => note.update({ head: reached }),
  })
  const recorder = createBufferedAuditLog({ clock, logger, writer, head })
  const authenticity = createAuthenticity({
    found: opened,
    anchor: () => note.anchor,
    head: () => recorder.head,
    segments: () => [...segments],
    unwritten: writer.unwritten,
  })
  const unkeyed: Stretch[] = []
  return { folder, logger, segments, note, writer, recorder, authenticity, unkeyed }
}

function logKey({ authenticity, note, logger, unkeyed }: Parts): LogKey {
  // If the disk refuses the write, the rows since the last note count as not authenticated until the next
  // one.
  const noteNow = (): Promise<void> =>
    note.update({}).catch((error: unknown) => {
      logger.warn('That the activity log is authenticated could not be noted yet', { error })
    })
  return {
    get isKeyed() {
      return authenticity.isKeyed
    },
    async unlock(mac, known) {
      const check = await authenticity.unlock(mac, known)
      if (check.kind === 'ok') await noteNow()
      return check
    },
    accept(mac) {
      const stretch = authenticity.accept(mac)
      void noteNow()
      return stretch
    },
    lock: authenticity.lock,
    durableHead: () => (authenticity.isKeyed ? (note.keyed?.head ?? null) : null),
    name: (stretches) => void unkeyed.splice(0, unkeyed.length, ...stretches),
  }
}

async function verifyParts(parts: Parts): Promise<LogVerificationResult> {
  const { writer, recorder, segments, note, authenticity, unkeyed } = parts
  const { isKeyed } = authenticity
  const verdict = await verifyChain({
    anchor: note.anchor,
    segments: [...segments],
    unwritten: writer.unwritten(),
    head: recorder.head,
  })
  return withWords(verdict, { authenticated: isKeyed, unkeyed })
}

async function pruneParts(parts: Parts, olderThan: number): Promise<{ removedRows: number }> {
  if (!parts.authenticity.mayPrune) return { removedRows: 0 }
  const plan = await planPruning([...parts.segments], olderThan)
  if (plan === null) return { removedRows: 0 }
  // The new start first: earlier segments are then leftovers, which the next start removes if this fails.
  await parts.note.update({ anchor: plan.anchor })
  await removeDurably(plan.segments.map(({ path }) => path))
  parts.segments.splice(0, plan.segments.length)
  const note = `${plan.rows} rows up to number ${plan.anchor.seq} were pruned for their age.`
  parts.recorder.append({ kind: 'system', outcome: 'ok', note })
  return { removedRows: plan.rows }
}

async function* allLines({ writer, segments }: Parts): AsyncGenerator<string> {
  await writer.flush()
  const upTo: readonly JournalSegment[] = [...segments]
  for (const { path } of upTo) yield await readFile(path, 'utf8')
}

// Deletes old rows.

const DAY_MS = 24 * 60 * 60_000
const FIRST_MS = 60_000

/**
 * Deletes rows older than the retention setting: one minute after the start, daily, and when the setting is
 * reduced.
 */
export function keepActivityShort(deps: {
  journal: Pick<ActivityJournal, 'prune'>
  days: () => number
  clock: Clock
  logger: Logger
}): { daysChanged(): void; close(): void } {
  const { clock, journal, logger } = deps
  let cancel: () => void
  let keptDays = deps.days()
  const prune = (): void => {
    keptDays = deps.days()
    journal.prune(clock.now() - keptDays * DAY_MS).catch((error: unknown) => {
      logger.warn('Old activity could not be removed', { error })
    })
  }
  const daily = (): void => {
    cancel = clock.after(DAY_MS, daily)
    prune()
  }
  cancel = clock.after(FIRST_MS, daily)
  return {
    daysChanged() {
      if (deps.days() < keptDays) prune()
      keptDays = deps.days()
    },
    close: () => cancel(),
  }
}
