// The segment files of the log. Bytes are appended to the newest one; a new one starts when it is large
// enough or a new day begins.
import { existsSync, readdirSync } from 'node:fs'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFolder } from '../storage/durable-file.ts'
import { quarantineFile } from '../storage/quarantine.ts'
import { type ChainPoint, readLink, readOpening } from './entry.ts'

/** One positional write; tests replace it to fail. */
export type WriteAt = (handle: FileHandle, data: Uint8Array, position: number) => Promise<number>

export type SegmentWriterDeps = {
  folder: string
  /** Oldest first; new ones are added. */
  segments: JournalSegment[]
  maxBytes: number
  /** The time of the last row of the newest segment; null if there is no segment to continue. */
  newestAt: number | null
  /** The number of bytes of complete lines in it; the rest is cut off. */
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
    // A file with that name from an earlier run contains unreadable rows; one of this run is left by a failed
    // first write.
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
      // By position: the next attempt overwrites what a full disk accepted.
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

// The segment files. Each contains consecutive rows and is named by the number of its first row, so that
// names sort by age.

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

/** The complete lines of a segment's text, without line breaks. */
export function* linesOf(text: string): Generator<string> {
  for (let start = 0; ;) {
    const end = text.indexOf('\n', start)
    if (end === -1) return
    yield text.slice(start, end)
    start = end + 1
  }
}

// The segments to delete, and the start of the chain after that.

export type PrunePlan = { segments: readonly JournalSegment[]; anchor: ChainPoint; rows: number }

/**
 * The oldest segments of which every row is older than `olderThan`, but never the newest segment. Null if
 * there are none, or if the last row to delete is invalid: then nothing may be deleted, because it is
 * evidence.
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
