// The lines between memory and disk. What a write did not bring there goes back in front of what came since.
import { toSaveError } from '../storage/disk-error.ts'
import type { ChainPoint } from './activity-line.ts'
import type { SegmentWriter } from './segment-writer.ts'

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
