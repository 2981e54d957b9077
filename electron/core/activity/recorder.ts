// The moment of recording: number, chain, hand to the writer, tell who listens. Microseconds, and never a failure.
import type { ActivityEntry, ActivityRow } from '../../../shared/contract/activity.ts'
import type { Clock, Logger } from '../ports.ts'
import { nextLine, type ChainPoint } from './activity-line.ts'
import type { JournalWriter } from './journal-writer.ts'

// What is kept in memory while the disk takes nothing; beyond it rows are counted, not kept.
const MAX_WAITING = 20_000

export type Recorder = {
  readonly head: ChainPoint
  append: (entry: ActivityEntry) => void
  onAppend: (listener: (row: ActivityRow) => void) => () => void
}

export function createRecorder(deps: {
  clock: Clock
  logger: Logger
  writer: JournalWriter
  head: ChainPoint
}): Recorder {
  const listeners = new Set<(row: ActivityRow) => void>()
  let head = deps.head
  let missed = 0

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
      if (deps.writer.waiting >= MAX_WAITING) {
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
  }
}
