// The journal's files: each holds a run of rows and is named by the number of its first, so their order is that of their names.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

export type Segment = { path: string; firstSeq: number }

const NAME = /^([0-9]{12})\.jsonl$/

export const segmentAt = (folder: string, firstSeq: number): Segment => ({
  path: join(folder, `${String(firstSeq).padStart(12, '0')}.jsonl`),
  firstSeq,
})

/** Oldest first. */
export function listSegments(folder: string): Segment[] {
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
