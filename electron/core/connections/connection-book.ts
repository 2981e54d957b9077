// The connections as they are stored, all of them in memory, each in a file of its own. Changes are functions of the newest record and
// take turns, so that a rename cannot undo a refresh that ran beside it. What does not parse is left on disk and reported.
import { isDeepStrictEqual } from 'node:util'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { connectionRecord, type ConnectionRecord } from '../../../shared/contract/connection.ts'
import type { Clock, Logger, RecordStore } from '../ports.ts'
import { createConnectionIndex, type ConnectionIndex } from './connection-index.ts'
import { createTurns } from '../storage/by-turns.ts'

/** Uses and such need not be on disk at once. */
const LAZY_MS = 30_000

export type ConnectionChange = (record: ConnectionRecord) => ConnectionRecord

export type ConnectionBook = {
  load(): Promise<void>
  list(): ConnectionRecord[]
  get(id: string): ConnectionRecord | null
  /** @throws KeywayError connection_not_found */
  need(id: string): ConnectionRecord
  ofProvider(providerId: string): ConnectionRecord[]
  index(providerId: string): ReturnType<ConnectionIndex['of']>
  /** Durable when it resolves; shown only then. @throws KeywayError disk_full | save_failed */
  add(record: ConnectionRecord): Promise<void>
  /** Durable when it resolves; on failure the record in memory is the old one. @throws KeywayError connection_not_found | disk_full | save_failed */
  change(id: string, change: ConnectionChange): Promise<ConnectionRecord>
  /** At once in memory, on disk with the next write or within half a minute. For what may be lost in a crash. */
  touch(id: string, change: ConnectionChange): void
  /** Takes the newer generation from disk, should there be one. Never gives up what is in memory for a file that cannot be read. */
  reread(id: string): Promise<ConnectionRecord>
  remove(id: string): Promise<void>
  /** Writes what waits. Twice is fine. */
  close(): Promise<void>
}

export type ConnectionBookDeps = {
  store: RecordStore
  clock: Clock
  logger: Logger
  onUnreadable: (entry: { store: string; key: string }) => void
  onChanged: (id: string) => void
}

export function createConnectionBook(deps: ConnectionBookDeps): ConnectionBook {
  const { store, clock, logger } = deps
  const records = new Map<string, ConnectionRecord>()
  const index = createConnectionIndex(() => records.values())
  const inTurn = createTurns()
  const lazy = new Set<string>()
  const meanwhile = new Map<string, ConnectionChange[]>()
  let cancelFlush: (() => void) | null = null

  const need = (id: string): ConnectionRecord => {
    const record = records.get(id)
    if (record === undefined) {
      throw new KeywayError('connection_not_found', { details: { connectionId: id } })
    }
    return record
  }
  const keep = (record: ConnectionRecord): void => {
    index.changed(records.get(record.id) ?? null, record)
    records.set(record.id, record)
    deps.onChanged(record.id)
  }
  const write = (id: string, change: ConnectionChange): Promise<ConnectionRecord> =>
    inTurn(id, async () => {
      const next = change(need(id))
      const touches: ConnectionChange[] = []
      meanwhile.set(id, touches)
      try {
        await store.put(id, next)
      } finally {
        meanwhile.delete(id)
      }
      if (touches.length === 0) lazy.delete(id)
      // What was touched while the file was being written is applied again on top of it.
      const newest = touches.reduce((record, touch) => touch(record), next)
      keep(newest)
      return newest
    })
  const flush = async (): Promise<void> => {
    cancelFlush?.()
    cancelFlush = null
    const ids = [...lazy]
    lazy.clear()
    for (const id of ids) {
      if (!records.has(id)) continue
      await write(id, (record) => record).catch((error: unknown) => {
        logger.warn('A use could not be noted on disk yet', { connectionId: id, error })
        lazy.add(id)
      })
    }
  }

  return {
    async load() {
      for (const { id, value } of await store.loadAll()) {
        const parsed = connectionRecord.safeParse(value)
        if (parsed.success && parsed.data.id === id) records.set(id, parsed.data)
        else {
          logger.warn('A connection could not be read; its file is kept as it is', {
            id,
            error: parsed.error,
          })
          deps.onUnreadable({ store: 'connections', key: id })
        }
      }
    },
    list: () => [...records.values()],
    get: (id) => records.get(id) ?? null,
    need,
    ofProvider: (providerId) => index.of(providerId).ids.flatMap((id) => records.get(id) ?? []),
    index: index.of,
    add: (record) =>
      inTurn(record.id, async () => {
        await store.put(record.id, record)
        keep(record)
      }),
    change: write,
    touch(id, change) {
      const record = records.get(id)
      if (record === undefined) return
      const next = change(record)
      if (isDeepStrictEqual(next, record)) return
      meanwhile.get(id)?.push(change)
      keep(next)
      lazy.add(id)
      cancelFlush ??= clock.after(LAZY_MS, () => {
        cancelFlush = null
        void flush()
      })
    },
    reread: (id) =>
      inTurn(id, async () => {
        const current = need(id)
        const stored = await store.read(id).catch((error: unknown) => {
          logger.warn('A connection could not be read again; the copy in memory is used', { id, error })
          return null
        })
        const parsed = connectionRecord.safeParse(stored)
        if (!parsed.success || parsed.data.generation <= current.generation) return current
        keep(parsed.data)
        return parsed.data
      }),
    remove: (id) =>
      inTurn(id, async () => {
        await store.remove(id)
        index.changed(records.get(id) ?? null, null)
        records.delete(id)
        lazy.delete(id)
        deps.onChanged(id)
      }),
    close: flush,
  }
}
