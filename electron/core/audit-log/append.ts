// Appends rows: numbers them, links them to the chain, keeps them in memory until they are on disk, and sends
// them to the window. Takes microseconds and never fails; nobody waits for the disk.
import type { ActivityEntry, ActivityRow } from '../../../shared/contract/activity.ts'
import type { Clock, Logger } from '../ports.ts'
import { toSaveError } from '../storage/durable-file.ts'
import { type ChainPoint, nextLine } from './entry.ts'
import type { SegmentWriter } from './segments.ts'

// Rows kept in memory while the disk accepts nothing; further rows are only counted.
const MAX_BUFFERED = 20_000

export type BufferedAuditLog = {
  readonly head: ChainPoint
  append: (entry: ActivityEntry) => void
  onAppend: (listener: (row: ActivityRow) => void) => () => void
  /** Rows that come afterwards are refused. */
  close: () => void
}

export function createBufferedAuditLog(deps: {
  clock: Clock
  logger: Logger
  writer: JournalWriter
  head: ChainPoint
}): BufferedAuditLog {
  const listeners = new Set<(row: ActivityRow) => void>()
  let head = deps.head
  let missed = 0
  let isClosed = false

  const record = (entry: ActivityEntry): void => {
    const at = deps.clock.now()
    const { row, line } = nextLine(entry, at, head)
    head = { seq: row.seq, hash: row.hash }
    deps.writer.push({ line, point: head, at })
    for (const listener of listeners) {
      try {
        listener(row)
      } catch (error) {
        deps.logger.error('A listener of the activity journal failed', { error })
      }
    }
  }

  return {
    get head() {
      return head
    },
    append(entry) {
      if (isClosed) {
        deps.logger.warn('An event came after the activity journal was closed', { kind: entry.kind })
        return
      }
      if (deps.writer.waiting >= MAX_BUFFERED) {
        missed += 1
        return
      }
      if (missed > 0) {
        const note = `${missed} events could not be recorded while the disk took nothing.`
        missed = 0
        record({ kind: 'system', outcome: 'failed', code: 'disk_full', note })
      }
      record(entry)
    },
    onAppend(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close() {
      isClosed = true
    },
  }
}

// The rows that are not on disk yet. Those of a failed write are queued again before newer ones.

export type WaitingLine = { line: string; point: ChainPoint; at: number }

export type JournalBatches = {
  push: (waiting: WaitingLine) => void
  readonly waiting: number
  /** Lines that are not on disk yet, oldest first. */
  unwritten: () => readonly WaitingLine[]
  /**
   * Not to be called concurrently.
   * @throws KeywayError `disk_full` | `save_failed`; nothing is lost then
   */
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

// Schedules the writes: shortly after a line was added, synced within one second, and retried after a
// failure. Callers never wait.

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
   * Resolves when all lines so far are durable.
   * @throws KeywayError `disk_full` | `save_failed`
   */
  flush: () => Promise<void>
  /** Flushes, then closes the files in any case. */
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

/** At most one timer per name; a second request while it runs has no effect. */
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

const GATHER_MS = 250
/** The window shows the newest rows and requests the rest. The limit protects its memory. */
const MAX_ROWS = 200

/** Sends new rows to the window, at most a few times per second. */
export function createActivityFeed(deps: { clock: Clock; send: (rows: ActivityRow[]) => void }): {
  add(row: ActivityRow): void
  close(): void
} {
  let rows: ActivityRow[] = []
  let cancel: (() => void) | null = null
  return {
    add(row) {
      if (rows.length >= MAX_ROWS) rows.shift()
      rows.push(row)
      cancel ??= deps.clock.after(GATHER_MS, () => {
        cancel = null
        const gathered = rows
        rows = []
        deps.send(gathered)
      })
    },
    close() {
      cancel?.()
      rows = []
    },
  }
}
