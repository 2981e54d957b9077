// Which segments are old enough to go, and where the chain begins once they are gone.
import { readFile } from 'node:fs/promises'
import { readLink, readOpening, type ChainPoint } from './activity-line.ts'
import { linesOf, type Segment } from './segments.ts'

export type PrunePlan = { segments: readonly Segment[]; anchor: ChainPoint; rows: number }

/**
 * The oldest segments of which every row is older than `olderThan`; never the newest segment, which is written on. Null when there
 * are none, or when the last row to go does not hold: then nothing may be removed, because it would be evidence.
 */
export async function planPruning(
  segments: readonly Segment[],
  olderThan: number,
): Promise<PrunePlan | null> {
  const old: Segment[] = []
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
