// When lines go to disk, behind the back of who records: written a moment after they came, synced at most a second later, and what
// cannot be written now is tried again.
import type { Clock, Logger } from '../ports.ts'
import { createJournalBatches, type JournalBatches, type WaitingLine } from './journal-batches.ts'
import type { SegmentWriter } from './segment-writer.ts'

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
  /** Everything pushed so far is durable when it resolves. @throws KeywayError `disk_full` | `save_failed`. */
  flush: () => Promise<void>
  /** The same, then the files are let go in any case. */
  close: () => Promise<void>
}

export function createJournalWriter(deps: JournalWriterDeps): JournalWriter {
  const batches = createJournalBatches(deps)
  const timers = createTimers(deps.clock)
  let last: Promise<void> = Promise.resolve()

  const inTurn = (task: () => Promise<void>): Promise<void> => {
    const mine = last.then(task)
    last = mine.catch(() => undefined)
    return mine
  }
  const writeAfter = (delayMs: number): void =>
    timers.once('write', delayMs, () => inTurn(batches.write).then(syncSoon).catch(retry))
  const syncSoon = (): void => timers.once('sync', SYNC_AFTER_MS, () => inTurn(batches.sync).catch(retry))
  const retry = (error: unknown): void => {
    deps.logger.error('The activity journal could not be written; it is tried again', { error })
    writeAfter(RETRY_AFTER_MS)
  }
  const flush = (): Promise<void> => inTurn(() => batches.write().then(batches.sync))

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
