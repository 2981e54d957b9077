// Stores connections, one file per connection, all of them in memory. Changes are functions of the newest
// record and run one at a time, so that a rename cannot overwrite a concurrent refresh. Records that cannot
// be parsed stay on disk and are reported.
import { isDeepStrictEqual } from 'node:util'
import { connectionRecord, type ConnectionRecord } from '../../../../shared/contract/connection.ts'
import { createKeyedMutex } from '../../async.ts'
import type { Clock, Leftover, Logger, RecordStore } from '../../ports.ts'
import { type ChangeKind, type ConnectionMap, createConnectionMap } from './lookup.ts'

export type ConnectionChange = (record: ConnectionRecord) => ConnectionRecord

export type ConnectionStore = Omit<ConnectionMap, 'put' | 'delete'> & {
  load(): Promise<void>
  /**
   * Durable when it resolves; visible only then.
   * @throws KeywayError disk_full | save_failed
   */
  add(record: ConnectionRecord): Promise<void>
  /**
   * Durable when it resolves; on failure the record in memory is unchanged.
   * @throws KeywayError connection_not_found | disk_full | save_failed
   */
  change(id: string, change: ConnectionChange): Promise<ConnectionRecord>
  /**
   * Changes memory at once, and the disk with the next write or within 30 s. For data that a crash may lose.
   */
  updateLazily(id: string, change: ConnectionChange): void
  /**
   * Loads a newer generation from disk, if there is one. An unreadable file never replaces the record in
   * memory.
   */
  reload(id: string): Promise<ConnectionRecord>
  /**
   * Recovers records that a killed process had written but not moved into place, if they are newer and
   * genuine. Other operations on these connections wait for it. `isGenuine` throws if it cannot tell now.
   */
  recoverLeftovers(isGenuine: (record: ConnectionRecord) => boolean): Promise<void>
  /** Adds a record that another component wrote to the store. */
  insertLoaded(record: ConnectionRecord): void
  remove(id: string): Promise<void>
  /**
   * Disables the connection at once, also across restarts; its tokens stay on disk until `remove`. Durable
   * when it resolves.
   * @throws as `change`
   */
  disconnect(id: string, at: number): Promise<void>
  /** Disabled connections that still have to be revoked. */
  disconnected(): ConnectionRecord[]
  /** Writes pending changes. May be called twice. */
  close(): Promise<void>
}

export type ConnectionStoreDeps = {
  store: RecordStore
  clock: Clock
  logger: Logger
  onUnreadable: (entry: { store: string; key: string }) => void
  onChanged: (id: string, kind: ChangeKind) => void
  /** Applied to each record before it is written. */
  onWrite?: ConnectionChange
}

export function createConnectionStore(deps: ConnectionStoreDeps): ConnectionStore {
  const { store } = deps
  const loaded = createConnectionMap(deps.onChanged)
  const runExclusive = createKeyedMutex()
  const meanwhile = new Map<string, ConnectionChange[]>()
  const disconnected = new Map<string, ConnectionRecord>()
  const write = async (id: string, change: ConnectionChange): Promise<ConnectionRecord> => {
    const next = written(deps, change(loaded.getOrThrow(id)))
    const touches: ConnectionChange[] = []
    meanwhile.set(id, touches)
    await store.put(id, next).finally(() => meanwhile.delete(id))
    if (touches.length === 0) lazy.drop(id)
    // Lazy changes made during the write are applied again.
    const newest = touches.reduce((record, updateLazily) => updateLazily(record), next)
    loaded.put(newest)
    return newest
  }
  const lazy = createLazyWrites({
    ...deps,
    write: (id) => runExclusive(id, async () => loaded.get(id) !== null && write(id, (record) => record)),
  })

  const notAdopted = (id: string) => (error: unknown) => {
    if (loaded.get(id) !== null) lazy.add(id)
    deps.logger.warn('What a crash had left could not be dealt with yet', { connectionId: id, error })
  }

  return {
    ...loaded,
    load: () => load(deps, loaded, disconnected),
    add: (record) =>
      runExclusive(record.id, () => store.put(record.id, record).then(() => loaded.put(record))),
    change: (id, change) => runExclusive(id, () => write(id, change)),
    updateLazily(id, change) {
      const record = loaded.get(id)
      if (record === null) return
      const next = change(record)
      if (isDeepStrictEqual(next, record)) return
      meanwhile.get(id)?.push(change)
      loaded.put(next)
      lazy.add(id)
    },
    reload: (id) => runExclusive(id, () => reloadRecord(deps, loaded, id)),
    recoverLeftovers: (isGenuine) =>
      allAdopted(store, ({ id, ...leftover }) =>
        runExclusive(id, () => recoverLeftover(deps, loaded, { id, ...leftover }, isGenuine)).catch(
          notAdopted(id),
        ),
      ),
    insertLoaded: loaded.put,
    ...removalOperations(store, loaded, { disconnected, runExclusive, drop: lazy.drop }),
    close: lazy.flush,
  }
}

async function reloadRecord(
  { store, logger }: ConnectionStoreDeps,
  loaded: ConnectionMap,
  id: string,
): Promise<ConnectionRecord> {
  const current = loaded.getOrThrow(id)
  const stored = await store.read(id).catch((error: unknown) => {
    logger.warn('A connection could not be read again; the copy in memory is used', { id, error })
    return null
  })
  const parsed = connectionRecord.safeParse(stored)
  if (!parsed.success || parsed.data.generation <= current.generation) return current
  loaded.put(parsed.data)
  return parsed.data
}

type EndingParts = {
  disconnected: Map<string, ConnectionRecord>
  runExclusive: ReturnType<typeof createKeyedMutex>
  drop: (id: string) => void
}

/** Removal of a connection: for good, or kept on disk until its authorization is revoked. */
function removalOperations(
  store: RecordStore,
  loaded: ConnectionMap,
  { disconnected, runExclusive, drop }: EndingParts,
): Pick<ConnectionStore, 'remove' | 'disconnect' | 'disconnected'> {
  return {
    remove: (id) =>
      runExclusive(id, async () => {
        await store.remove(id)
        drop(id)
        loaded.delete(id)
        disconnected.delete(id)
      }),
    disconnect: (id, at) =>
      runExclusive(id, async () => {
        const record = { ...loaded.getOrThrow(id), disconnectedAt: at }
        await store.put(id, record)
        drop(id)
        disconnected.set(id, record)
        loaded.delete(id)
      }),
    disconnected: () => [...disconnected.values()],
  }
}

const written = ({ onWrite }: ConnectionStoreDeps, changed: ConnectionRecord): ConnectionRecord =>
  onWrite?.(changed) ?? changed

async function allAdopted(
  store: Pick<RecordStore, 'leftovers'>,
  adopt: (leftover: Leftover) => Promise<void>,
): Promise<void> {
  await Promise.all(store.leftovers().map(adopt))
}

async function recoverLeftover(
  { store, logger }: ConnectionStoreDeps,
  loaded: ConnectionMap,
  { id, value, discard }: Leftover,
  isGenuine: (record: ConnectionRecord) => boolean,
): Promise<void> {
  const { data: record } = connectionRecord.safeParse(value)
  const current = loaded.get(id)
  // A new record that was never in place may have been removed since, so it is not restored.
  const isNewer = record?.id === id && current !== null && record.generation > current.generation
  if (isNewer && isGenuine(record)) {
    logger.info('Tokens that a crash had left half saved were taken over', { connectionId: id })
    loaded.put(record)
    await store.put(id, record)
  }
  await discard()
}

async function load(
  { store, logger, onUnreadable }: ConnectionStoreDeps,
  loaded: ConnectionMap,
  disconnected: Map<string, ConnectionRecord>,
): Promise<void> {
  for (const { id, value } of await store.loadAll()) {
    const parsed = connectionRecord.safeParse(value)
    if (parsed.success && parsed.data.id === id) {
      if (parsed.data.disconnectedAt === undefined) loaded.put(parsed.data)
      else disconnected.set(id, parsed.data)
      continue
    }
    logger.warn('A connection could not be read; its file is kept as it is', { id, error: parsed.error })
    onUnreadable({ store: 'connections', key: id })
  }
}

/** Uses and similar changes are written after this delay. */
const LAZY_MS = 30_000

/** Delayed writes: collected for 30 s, retried if the disk refuses, written at once by `flush`. */
export type LazyWrites = {
  add(id: string): void
  /** Another write included the change. */
  drop(id: string): void
  flush(): Promise<void>
}

function createLazyWrites(deps: {
  clock: Clock
  logger: Logger
  write: (id: string) => Promise<unknown>
}): LazyWrites {
  const waiting = new Set<string>()
  let cancel: (() => void) | null = null
  const flush = async (): Promise<void> => {
    cancel?.()
    cancel = null
    const ids = [...waiting]
    waiting.clear()
    for (const id of ids) {
      await deps.write(id).catch((error: unknown) => {
        deps.logger.warn('A change that can wait could not be written yet', { connectionId: id, error })
        waiting.add(id)
      })
    }
    if (waiting.size > 0) arm()
  }
  const arm = (): void => {
    cancel ??= deps.clock.after(LAZY_MS, () => {
      cancel = null
      void flush()
    })
  }
  return {
    add(id) {
      waiting.add(id)
      arm()
    },
    drop: (id) => void waiting.delete(id),
    async flush() {
      await flush()
      cancel?.()
    },
  }
}
