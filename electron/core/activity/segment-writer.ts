// Adds bytes to the newest segment and begins the next one when it is large enough or the day is over.
import { existsSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { syncFolder } from '../storage/durable-file.ts'
import { setAside } from '../storage/set-aside.ts'
import { segmentAt, type Segment } from './segments.ts'

/** One positional write; tests bring one that fails. */
export type WriteAt = (handle: FileHandle, data: Uint8Array, position: number) => Promise<number>

export type SegmentWriterDeps = {
  folder: string
  /** Oldest first; those begun are added. */
  segments: Segment[]
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
    // A file of that name from an earlier run holds rows that could not be read; one of this run, a first write that failed.
    const mayReuse = begun.has(segment.path)
    if (!mayReuse && existsSync(segment.path)) setAside(segment.path, first.at)
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
