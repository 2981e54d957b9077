// The lines between memory and disk. What a write did not bring there goes back in front of what came since.
import { existsSync, readdirSync } from 'node:fs'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock, Logger } from '../ports.ts'
import { syncFolder } from '../storage/durable-file.ts'
import { toSaveError } from '../storage/file-ops.ts'
import { quarantineFile } from '../storage/quarantine.ts'
import { type ChainPoint, readLink, readOpening } from './entry.ts'

export type WaitingLine = { line: string; point: ChainPoint; at: number }

export type JournalBatches = {
  push: (waiting: WaitingLine) => void
  readonly waiting: number
  /** Lines that are not on disk yet, oldest first. */
  unwritten: () => readonly WaitingLine[]
  /** One at a time. @throws KeywayError `disk_full` | `save_failed`; nothing is lost then. */
  write: () => Promise<void>
  sync: () => Promise<void>
}

export function createJournalBatches(deps: {
  folder: string
  segments: SegmentWriter
  onSynced: (head: ChainPoint) => Promise<void>
}): JournalBatches {
  let waiting: WaitingLine[] = []
  let writing: WaitingLine[] = []
  let written: ChainPoint | null = null
  let synced: ChainPoint | null = null
  return {
    push(one) {
      waiting.push(one)
    },
    get waiting() {
      return writing.length + waiting.length
    },
    unwritten: () => [...writing, ...waiting],
    async write() {
      const [first] = waiting
      if (first === undefined) return
      writing = waiting
      waiting = []
      try {
        const data = Buffer.from(writing.map(({ line }) => line).join(''))
        await deps.segments.append(data, { seq: first.point.seq, at: first.at })
        written = writing.at(-1)?.point ?? written
        writing = []
      } catch (error) {
        waiting = [...writing, ...waiting]
        writing = []
        throw toSaveError(error, deps.folder)
      }
    },
    async sync() {
      if (written === null || written === synced) return
      const reached = written
      try {
        await deps.segments.sync()
      } catch (error) {
        throw toSaveError(error, deps.folder)
      }
      await deps.onSynced(reached)
      synced = reached
    },
  }
}

// When lines go to disk, behind the back of who records: written a moment after they came, synced at most a
// second later, and what cannot be written now is tried again.

const WRITE_AFTER_MS = 50
const SYNC_AFTER_MS = 900
const RETRY_AFTER_MS = 1_000

export type JournalWriterDeps = Parameters<typeof createJournalBatches>[0] & {
  clock: Clock
  logger: Logger
  segments: SegmentWriter
}

export type JournalWriter = Pick<JournalBatches, 'unwritten' | 'waiting'> & {
  push: (waiting: WaitingLine) => void
  /**
   * Everything pushed so far is durable when it resolves. @throws KeywayError `disk_full` | `save_failed`.
   */
  flush: () => Promise<void>
  /** The same, then the files are let go in any case. */
  close: () => Promise<void>
}

export function createJournalWriter(deps: JournalWriterDeps): JournalWriter {
  const batches = createJournalBatches(deps)
  const timers = createTimers(deps.clock)
  let last: Promise<void> = Promise.resolve()

  const runExclusive = (task: () => Promise<void>): Promise<void> => {
    const mine = last.then(task)
    last = mine.catch(() => undefined)
    return mine
  }
  const writeAfter = (delayMs: number): void =>
    timers.once('write', delayMs, () => runExclusive(batches.write).then(syncSoon).catch(retry))
  const syncSoon = (): void =>
    timers.once('sync', SYNC_AFTER_MS, () => runExclusive(batches.sync).catch(retry))
  const retry = (error: unknown): void => {
    deps.logger.error('The activity journal could not be written; it is tried again', { error })
    writeAfter(RETRY_AFTER_MS)
  }
  const flush = (): Promise<void> => runExclusive(() => batches.write().then(batches.sync))

  return {
    push(one) {
      batches.push(one)
      writeAfter(WRITE_AFTER_MS)
    },
    get waiting() {
      return batches.waiting
    },
    unwritten: batches.unwritten,
    flush,
    async close() {
      try {
        await flush()
      } finally {
        timers.cancelAll()
        await deps.segments.close()
      }
    },
  }
}

/** At most one timer a name; asking again while it runs changes nothing. */
function createTimers(clock: Clock): {
  once: (name: string, delayMs: number, task: () => Promise<void>) => void
  cancelAll: () => void
} {
  const running = new Map<string, () => void>()
  return {
    once(name, delayMs, task) {
      if (running.has(name)) return
      const cancel = clock.after(delayMs, () => {
        running.delete(name)
        void task()
      })
      running.set(name, cancel)
    },
    cancelAll() {
      for (const cancel of running.values()) cancel()
      running.clear()
    },
  }
}

// Adds bytes to the newest segment and begins the next one when it is large enough or the day is over.

/** One positional write; tests bring one that fails. */
export type WriteAt = (handle: FileHandle, data: Uint8Array, position: number) => Promise<number>

export type SegmentWriterDeps = {
  folder: string
  /** Oldest first; those begun are added. */
  segments: JournalSegment[]
  maxBytes: number
  /** When the newest segment's last row was recorded; null when there is none to go on with. */
  newestAt: number | null
  /** How much of it is whole lines; what follows is cut off. */
  newestBytes: number
  writeAt?: WriteAt
}

export type SegmentWriter = {
  append(data: Uint8Array, first: { seq: number; at: number }): Promise<void>
  sync(): Promise<void>
  close(): Promise<void>
}

type Target = { handle: FileHandle; size: number; day: string }

export function createSegmentWriter(deps: SegmentWriterDeps): SegmentWriter {
  const writeAt = deps.writeAt ?? writeWithNode
  let target: Target | null = null
  let resumable = deps.newestAt
  const begun = new Set<string>()

  const resume = async (): Promise<void> => {
    const newest = deps.segments.at(-1)
    if (resumable === null || newest === undefined) return
    const handle = await open(newest.path, 'r+')
    await handle.truncate(deps.newestBytes)
    target = { handle, size: deps.newestBytes, day: dayOf(resumable) }
    resumable = null
  }
  const begin = async (first: { seq: number; at: number }): Promise<Target> => {
    const segment = segmentAt(deps.folder, first.seq)
    // A file of that name from an earlier run holds rows that could not be read; one of this run, a first
    // write that failed.
    const mayReuse = begun.has(segment.path)
    if (!mayReuse && existsSync(segment.path)) quarantineFile(segment.path, first.at)
    const handle = await open(segment.path, mayReuse ? 'r+' : 'wx', 0o600)
    begun.add(segment.path)
    if (deps.segments.at(-1)?.path !== segment.path) deps.segments.push(segment)
    await syncFolder(deps.folder)
    return { handle, size: 0, day: dayOf(first.at) }
  }
  const targetFor = async (first: { seq: number; at: number }): Promise<Target> => {
    if (target === null) await resume()
    const day = dayOf(first.at)
    if (target !== null && target.size < deps.maxBytes && target.day === day) return target
    if (target !== null) {
      await target.handle.datasync()
      await target.handle.close()
      target = null
    }
    target = await begin(first)
    return target
  }

  return {
    async append(data, first) {
      const place = await targetFor(first)
      // By position: what a full disk took of it is simply written over by the next attempt.
      for (let done = 0; done < data.length;)
        done += await writeAt(place.handle, data.subarray(done), place.size + done)
      place.size += data.length
    },
    sync: async () => target?.handle.datasync(),
    async close() {
      const closing = target
      target = null
      await closing?.handle.close()
    },
  }
}

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10)

const writeWithNode: WriteAt = async (handle, data, position) =>
  (await handle.write(data, 0, data.length, position)).bytesWritten

// The journal's files: each holds a run of rows and is named by the number of its first, so their order is
// that of their names.

export type JournalSegment = { path: string; firstSeq: number }

const NAME = /^([0-9]{12})\.jsonl$/

export const segmentAt = (folder: string, firstSeq: number): JournalSegment => ({
  path: join(folder, `${String(firstSeq).padStart(12, '0')}.jsonl`),
  firstSeq,
})

/** Oldest first. */
export function listSegments(folder: string): JournalSegment[] {
  return readdirSync(folder)
    .flatMap((name) => NAME.exec(name)?.[1] ?? [])
    .map((digits) => segmentAt(folder, Number(digits)))
    .sort((a, b) => a.firstSeq - b.firstSeq)
}

/** The lines of a segment's text without their breaks; what follows the last break is not a line. */
export function* linesOf(text: string): Generator<string> {
  for (let start = 0; ;) {
    const end = text.indexOf('\n', start)
    if (end === -1) return
    yield text.slice(start, end)
    start = end + 1
  }
}

// Which segments are old enough to go, and where the chain begins once they are gone.

export type PrunePlan = { segments: readonly JournalSegment[]; anchor: ChainPoint; rows: number }

/**
 * The oldest segments of which every row is older than `olderThan`; never the newest segment, which is
 * written on. Null when there are none, or when the last row to go does not hold: then nothing may be
 * removed, because it would be evidence.
 */
export async function planPruning(
  segments: readonly JournalSegment[],
  olderThan: number,
): Promise<PrunePlan | null> {
  const old: JournalSegment[] = []
  let anchor: ChainPoint | null = null
  let rows = 0
  for (const segment of segments.slice(0, -1)) {
    const lines = [...linesOf(await readFile(segment.path, 'utf8'))]
    const isOld = lines.every((line) => (readOpening(line)?.at ?? Infinity) < olderThan)
    const link = readLink(lines.at(-1) ?? '')
    if (!isOld || link === null) break
    old.push(segment)
    anchor = { seq: link.seq, hash: link.hash }
    rows += lines.length
  }
  return anchor === null ? null : { segments: old, anchor, rows }
}
