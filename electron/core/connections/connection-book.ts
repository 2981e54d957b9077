// The connections as they are stored, each in a file of its own, all of them in memory. Changes are functions of the newest record and
// take turns, so that a rename cannot undo a refresh that ran beside it. What does not parse is left on disk and reported.
import { isDeepStrictEqual } from 'node:util'
import { connectionRecord, type ConnectionRecord } from '../../../shared/contract/connection.ts'
import type { Clock, Leftover, Logger, RecordStore } from '../ports.ts'
import { createTurns } from '../storage/by-turns.ts'
import { createConnectionShelf, type ChangeKind, type ConnectionShelf } from './connection-shelf.ts'
import { createLazyWrites } from './lazy-writes.ts'

export type ConnectionChange = (record: ConnectionRecord) => ConnectionRecord

export type ConnectionBook = Omit<ConnectionShelf, 'put' | 'delete'> & {
  load(): Promise<void>
  /** Durable when it resolves; shown only then. @throws KeywayError disk_full | save_failed */
  add(record: ConnectionRecord): Promise<void>
  /** Durable when it resolves; on failure the record in memory is the old one. @throws KeywayError connection_not_found | disk_full | save_failed */
  change(id: string, change: ConnectionChange): Promise<ConnectionRecord>
  /** At once in memory, on disk with the next write or within half a minute. For what may be lost in a crash. */
  touch(id: string, change: ConnectionChange): void
  /** Takes the newer generation from disk, should there be one. Never gives up what is in memory for a file that cannot be read. */
  reread(id: string): Promise<ConnectionRecord>
  /**
   * Takes over what a killed process had written and not put in place, where it is newer than what is there and genuine. Whatever else is
   * asked of these connections waits until that is done. `isGenuine` throws when it cannot tell now.
   */
  adoptLeftovers(isGenuine: (record: ConnectionRecord) => boolean): Promise<void>
  /** Takes a record into use that somebody else has written to the store. */
  adopt(record: ConnectionRecord): void
  remove(id: string): Promise<void>
  /** Out of use at once, and over a restart; its tokens stay on disk until `remove`. Durable when it resolves. @throws as `change` */
  disconnect(id: string, at: number): Promise<void>
  /** What is out of use and still has to be revoked. */
  disconnected(): ConnectionRecord[]
  /** Writes what waits. Twice is fine. */
  close(): Promise<void>
}

export type ConnectionBookDeps = {
  store: RecordStore
  clock: Clock
  logger: Logger
  onUnreadable: (entry: { store: string; key: string }) => void
  onChanged: (id: string, kind: ChangeKind) => void
  /** Each record passes on its way to disk. */
  onWrite?: ConnectionChange
}

export function createConnectionBook(deps: ConnectionBookDeps): ConnectionBook {
  const { store } = deps
  const shelf = createConnectionShelf(deps.onChanged)
  const inTurn = createTurns()
  const meanwhile = new Map<string, ConnectionChange[]>()
  const disconnected = new Map<string, ConnectionRecord>()
  const write = async (id: string, change: ConnectionChange): Promise<ConnectionRecord> => {
    const next = written(deps, change(shelf.need(id)))
    const touches: ConnectionChange[] = []
    meanwhile.set(id, touches)
    await store.put(id, next).finally(() => meanwhile.delete(id))
    if (touches.length === 0) lazy.drop(id)
    // What was touched while the file was being written is applied again on top of it.
    const newest = touches.reduce((record, touch) => touch(record), next)
    shelf.put(newest)
    return newest
  }
  const lazy = createLazyWrites({
    ...deps,
    write: (id) => inTurn(id, async () => shelf.get(id) !== null && write(id, (record) => record)),
  })

  const notAdopted = (id: string) => (error: unknown) => {
    if (shelf.get(id) !== null) lazy.add(id)
    deps.logger.warn('What a crash had left could not be dealt with yet', { connectionId: id, error })
  }

  return {
    ...shelf,
    load: () => load(deps, shelf, disconnected),
    add: (record) => inTurn(record.id, () => store.put(record.id, record).then(() => shelf.put(record))),
    change: (id, change) => inTurn(id, () => write(id, change)),
    touch(id, change) {
      const record = shelf.get(id)
      if (record === null) return
      const next = change(record)
      if (isDeepStrictEqual(next, record)) return
      meanwhile.get(id)?.push(change)
      shelf.put(next)
      lazy.add(id)
    },
    reread: (id) => inTurn(id, () => reread(deps, shelf, id)),
    adoptLeftovers: (isGenuine) =>
      allAdopted(store, ({ id, ...leftover }) =>
        inTurn(id, () => adoptLeftover(deps, shelf, { id, ...leftover }, isGenuine)).catch(notAdopted(id)),
      ),
    adopt: shelf.put,
    ...endings(store, shelf, { disconnected, inTurn, drop: lazy.drop }),
    close: lazy.flush,
  }
}

async function reread(
  { store, logger }: ConnectionBookDeps,
  shelf: ConnectionShelf,
  id: string,
): Promise<ConnectionRecord> {
  const current = shelf.need(id)
  const stored = await store.read(id).catch((error: unknown) => {
    logger.warn('A connection could not be read again; the copy in memory is used', { id, error })
    return null
  })
  const parsed = connectionRecord.safeParse(stored)
  if (!parsed.success || parsed.data.generation <= current.generation) return current
  shelf.put(parsed.data)
  return parsed.data
}

type EndingParts = {
  disconnected: Map<string, ConnectionRecord>
  inTurn: ReturnType<typeof createTurns>
  drop: (id: string) => void
}

/** How a connection leaves: for good, or kept on disk until its authorization is revoked. */
function endings(
  store: RecordStore,
  shelf: ConnectionShelf,
  { disconnected, inTurn, drop }: EndingParts,
): Pick<ConnectionBook, 'remove' | 'disconnect' | 'disconnected'> {
  return {
    remove: (id) =>
      inTurn(id, async () => {
        await store.remove(id)
        drop(id)
        shelf.delete(id)
        disconnected.delete(id)
      }),
    disconnect: (id, at) =>
      inTurn(id, async () => {
        const record = { ...shelf.need(id), disconnectedAt: at }
        await store.put(id, record)
        drop(id)
        disconnected.set(id, record)
        shelf.delete(id)
      }),
    disconnected: () => [...disconnected.values()],
  }
}

const written = ({ onWrite }: ConnectionBookDeps, changed: ConnectionRecord): ConnectionRecord =>
  onWrite?.(changed) ?? changed

async function allAdopted(
  store: Pick<RecordStore, 'leftovers'>,
  adopt: (leftover: Leftover) => Promise<void>,
): Promise<void> {
  await Promise.all(store.leftovers().map(adopt))
}

async function adoptLeftover(
  { store, logger }: ConnectionBookDeps,
  shelf: ConnectionShelf,
  { id, value, discard }: Leftover,
  isGenuine: (record: ConnectionRecord) => boolean,
): Promise<void> {
  const { data: record } = connectionRecord.safeParse(value)
  const current = shelf.get(id)
  // One that was never in place may have been removed since: nothing brings it back.
  const isNewer = record?.id === id && current !== null && record.generation > current.generation
  if (isNewer && isGenuine(record)) {
    logger.info('Tokens that a crash had left half saved were taken over', { connectionId: id })
    shelf.put(record)
    await store.put(id, record)
  }
  await discard()
}

async function load(
  { store, logger, onUnreadable }: ConnectionBookDeps,
  shelf: ConnectionShelf,
  disconnected: Map<string, ConnectionRecord>,
): Promise<void> {
  for (const { id, value } of await store.loadAll()) {
    const parsed = connectionRecord.safeParse(value)
    if (parsed.success && parsed.data.id === id) {
      if (parsed.data.disconnectedAt === undefined) shelf.put(parsed.data)
      else disconnected.set(id, parsed.data)
      continue
    }
    logger.warn('A connection could not be read; its file is kept as it is', { id, error: parsed.error })
    onUnreadable({ store: 'connections', key: id })
  }
}
