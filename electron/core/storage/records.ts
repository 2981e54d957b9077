// Stores one file per record, with the previous version as a backup. Writes of one record run one at a time;
// different records do not wait.
import { hash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { createKeyedMutex } from '../async.ts'
import type { Clock, CorruptFile, Leftover, Logger, RecordStore } from '../ports.ts'
import {
  type FileOps,
  leftoverOf,
  makeFolder,
  nodeFileOps,
  readNoLink,
  removeDurably,
  removeLeftovers,
  systemCode,
  writeDurably,
  writeDurablySync,
} from './durable-file.ts'
import { quarantineFile, quarantinePath } from './quarantine.ts'

const ID = /^[a-z0-9_-]{1,64}$/
const FILE_NAME = /^([a-z0-9_-]{1,64})(?:\.prev\.json|\.json|\.lost)$/
// Device names of Windows, which are reserved with any extension.
const DEVICE = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])$/

// About one millisecond of reading before other work may run.
const RECORDS_A_TURN = 25

export type RecordStoreDeps = {
  /** The store's own folder; created with mode 0700 if missing. */
  folder: string
  clock: Clock
  logger: Logger
  onCorruptFile: (damage: CorruptFile) => void
  /**
   * What to do with complete records that a killed process did not move into place. Default: removed, like
   * incomplete ones.
   */
  leftovers?: 'removed' | 'kept'
  ops?: FileOps
}

export function createRecordStore({
  folder,
  clock,
  logger,
  onCorruptFile,
  leftovers = 'removed',
  ops = nodeFileOps,
}: RecordStoreDeps): RecordStore {
  makeFolder(folder)
  const kept = leftovers === 'kept' ? wholeLeftovers(folder) : new Map<string, KeptLeftover>()
  removeLeftovers(folder, (name) => kept.has(name))
  const runExclusive = createKeyedMutex()
  const generations = createRecordVersions({ folder, clock, logger, onCorruptFile })

  // A new record has no previous version, so a second copy is written: one bad disk block must not lose it,
  // least of all the vault's key.
  const keepSecondCopy = (path: string, text: string): Promise<void> =>
    writeDurably(path, text, { ops }).catch((error: unknown) => {
      logger.warn('A new record has no second copy yet; its next change makes one', { file: path, error })
    })

  return {
    async loadAll() {
      const ids = recordIds(folder)
      const records: { id: string; value: unknown }[] = []
      for (const [index, id] of ids.entries()) {
        if (index % RECORDS_A_TURN === 0) await new Promise(setImmediate)
        const recalled = generations.recall(id)
        if (recalled.kind === 'found') records.push({ id, value: recalled.value })
      }
      return records
    },
    read: async (id) =>
      runExclusive(checkedId(id), async () => {
        const recalled = generations.recall(id)
        if (recalled.kind === 'found') return recalled.value
        if (recalled.kind === 'absent') return null
        throw new KeywayError('data_damaged', {
          message: 'A data file could not be read in any generation; it was set aside.',
          nextStep: `Look at ${recalled.setAsidePath}, or put a good copy of the file back.`,
          details: { file: recordPaths(folder, id).current, setAsidePath: recalled.setAsidePath },
        })
      }),
    async put(id, value) {
      // Encoded now, so that changes by the caller during the wait do not mix old and new values.
      const text = encodeRecord(checkedId(id), value)
      await runExclusive(id, async () => {
        const { current, previous } = recordPaths(folder, id)
        generations.protectUnreadable(id)
        const isFirst = !existsSync(current) && !existsSync(previous)
        await writeDurably(current, text, { keepAs: previous, ops })
        if (isFirst) await keepSecondCopy(previous, text)
      })
    },
    remove: async (id) =>
      runExclusive(checkedId(id), async () => {
        const { current, previous, lost } = recordPaths(folder, id)
        // The backup is removed first. If it were last, a crash in between would restore the removed record.
        await removeDurably([...leftoversOf(kept, id), lost, previous, current], ops)
      }),
    leftovers: () => [...kept.keys()].flatMap((name) => openLeftover(kept, name, ops)),
  }
}

type KeptLeftover = { id: string; path: string; value: unknown }

function openLeftover(kept: Map<string, KeptLeftover>, name: string, ops: FileOps): Leftover[] {
  const found = kept.get(name)
  if (found === undefined) return []
  const { id, path, value } = found
  const discard = async (): Promise<void> => {
    await removeDurably([path], ops)
    kept.delete(name)
  }
  return [{ id, value, discard }]
}

function wholeLeftovers(folder: string): Map<string, KeptLeftover> {
  const kept = new Map<string, KeptLeftover>()
  for (const name of readdirSync(folder)) {
    const id = /^([a-z0-9_-]{1,64})\.json$/.exec(leftoverOf(name) ?? '')?.[1]
    if (id === undefined) continue
    const path = join(folder, name)
    const decoded = decodeRecord(id, readFileSync(path, 'utf8'))
    if (decoded.kind === 'good') kept.set(name, { id, path, value: decoded.value })
  }
  return kept
}

/** So that no leftover restores a removed record. */
function leftoversOf(kept: Map<string, KeptLeftover>, id: string): string[] {
  return [...kept].flatMap(([name, leftover]) => {
    if (leftover.id !== id) return []
    kept.delete(name)
    return [leftover.path]
  })
}

function checkedId(id: string): string {
  if (ID.test(id) && !DEVICE.test(id)) return id
  throw new KeywayError('invalid_request', {
    message: 'A record id takes 1 to 64 characters of a-z, 0-9, "_" and "-", and no device name of Windows.',
    details: { field: 'id' },
  })
}

function recordIds(folder: string): string[] {
  const ids = readdirSync(folder).flatMap((name) => FILE_NAME.exec(name)?.[1] ?? [])
  return [...new Set(ids)].sort()
}

// The file format of a record: one JSON object with a checksum over the record's id and value, so that a
// torn, edited or swapped file is detected. The checksum covers the text, because parsing and serializing may
// not give the same bytes.

const SHAPE = /^\{"keyway":1,"id":"([a-z0-9_-]{1,64})","sum":"([0-9a-f]{64})","value":/
const END = '}\n'

const checksum = (id: string, body: string): string => hash('sha256', `${id}\n${body}`, 'hex')

export function encodeRecord(id: string, value: unknown): string {
  const body = JSON.stringify(value)
  if (body === undefined) throw new TypeError('A record must be JSON.')
  return `{"keyway":1,"id":"${id}","sum":"${checksum(id, body)}","value":${body}${END}`
}

export type Decoded = { kind: 'good'; value: unknown } | { kind: 'damaged' }

export function decodeRecord(id: string, text: string): Decoded {
  const head = SHAPE.exec(text)
  if (head === null || !text.endsWith(END)) return { kind: 'damaged' }
  const body = text.slice(head[0].length, -END.length)
  if (head[1] !== id || head[2] !== checksum(id, body)) return { kind: 'damaged' }
  try {
    return { kind: 'good', value: JSON.parse(body) as unknown }
  } catch {
    return { kind: 'damaged' }
  }
}

// Reads a record from its newest complete version and quarantines corrupt files. If nothing readable is left,
// a marker `<id>.lost` is written, so that the record is never mistaken for one that did not exist, even
// after a restart.

export type RecordPaths = { current: string; previous: string; lost: string }

const recordPaths = (folder: string, id: string): RecordPaths => ({
  current: join(folder, `${id}.json`),
  previous: join(folder, `${id}.prev.json`),
  lost: join(folder, `${id}.lost`),
})

export type RecalledRecord =
  { kind: 'found'; value: unknown } | { kind: 'absent' } | { kind: 'lost'; setAsidePath: string }

export type RecordVersionsDeps = {
  folder: string
  clock: Clock
  logger: Logger
  onCorruptFile: (damage: CorruptFile) => void
}

export type RecordVersions = {
  recall(id: string): RecalledRecord
  /** Before a write: moves an unreadable current file away, so that the write does not destroy it. */
  protectUnreadable(id: string): void
}

function createRecordVersions(deps: RecordVersionsDeps): RecordVersions {
  return {
    recall(id) {
      const paths = recordPaths(deps.folder, id)
      const current = readVersion(id, paths.current)
      if (current.kind === 'good') return { kind: 'found', value: current.value }
      const previous = readVersion(id, paths.previous)
      if (previous.kind === 'good') {
        // If there is no current file, a crash happened between the two renames of a write; the previous
        // version is the last durable one.
        if (current.kind === 'damaged') replace(deps, paths.current, 'previous generation')
        return { kind: 'found', value: previous.value }
      }
      if (current.kind === 'damaged' && previous.kind === 'damaged')
        quarantineFile(paths.previous, deps.clock.now())
      if (current.kind === 'damaged') return lose(deps, paths, paths.current)
      return previous.kind === 'damaged' ? lose(deps, paths, paths.previous) : rememberLoss(deps, paths)
    },
    protectUnreadable(id) {
      const { current } = recordPaths(deps.folder, id)
      if (readVersion(id, current).kind === 'damaged') replace(deps, current, 'copy in memory')
    },
  }
}

function report({ logger, onCorruptFile }: RecordVersionsDeps, damage: CorruptFile): void {
  logger.warn('A data file could not be read and was set aside', damage)
  onCorruptFile(damage)
}

function replace(deps: RecordVersionsDeps, path: string, using: CorruptFile['using']): void {
  const detectedAt = deps.clock.now()
  report(deps, { file: path, setAsidePath: quarantineFile(path, detectedAt), using, detectedAt })
}

// The marker first: after a crash between the move and the marker the record would look as if it never
// existed.
function lose(deps: RecordVersionsDeps, paths: RecordPaths, damaged: string): RecalledRecord {
  const detectedAt = deps.clock.now()
  const target = quarantinePath(damaged, detectedAt)
  try {
    writeDurablySync(paths.lost, JSON.stringify({ setAsidePath: target, detectedAt }))
  } catch (error) {
    // Without the marker the corrupt file must stay in place: it is the only evidence of the record.
    deps.logger.error('The loss of a record could not be noted on disk', { file: paths.lost, error })
    report(deps, { file: paths.current, setAsidePath: damaged, using: 'nothing', detectedAt })
    return { kind: 'lost', setAsidePath: damaged }
  }
  const setAsidePath = quarantineFile(damaged, detectedAt, target)
  report(deps, { file: paths.current, setAsidePath, using: 'nothing', detectedAt })
  return { kind: 'lost', setAsidePath }
}

const lostMarker = z.object({ setAsidePath: z.string(), detectedAt: z.number() })

function rememberLoss(deps: RecordVersionsDeps, paths: RecordPaths): RecalledRecord {
  if (!existsSync(paths.lost)) return { kind: 'absent' }
  const marker = lostMarker.safeParse(parseOrNull(readFileSync(paths.lost, 'utf8')))
  const { setAsidePath, detectedAt } = marker.success
    ? marker.data
    : { setAsidePath: join(deps.folder, 'set-aside'), detectedAt: deps.clock.now() }
  report(deps, { file: paths.current, setAsidePath, using: 'nothing', detectedAt })
  return { kind: 'lost', setAsidePath }
}

// A lack of file descriptors or memory says nothing about the file; treating it as corruption would move
// valid data away.
const PASSING = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN'])

// Synchronous: about 20 µs for a cached file, instead of five trips through the thread pool.
function readVersion(id: string, path: string): Decoded | { kind: 'absent' } {
  try {
    return decodeRecord(id, readNoLink(path))
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT') return { kind: 'absent' }
    if (code === undefined || PASSING.has(code)) throw error
    return { kind: 'damaged' }
  }
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
