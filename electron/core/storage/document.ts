// Stores small JSON documents with conf or electron-store, protected against corrupt files and torn writes.
import { readFileSync, renameSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Clock, CorruptFile, KeyValueStore, Logger } from '../ports.ts'
import { removeLeftovers, syncFolderSync, systemCode, toSaveError, writeDurablySync } from './durable-file.ts'
import { quarantineFile } from './quarantine.ts'

export type Document = Record<string, unknown>

export type DocumentPlace = {
  path: string
  backupPath: string
  clock: Clock
  logger: Logger
  onCorruptFile: (damage: CorruptFile) => void
  /** Whether an entry is valid in this document. Absent: every entry is. */
  isReadable?: (key: string, value: unknown) => boolean
}

export type DocumentState = {
  values: Document
  /** Whether `values` come from the file itself. */
  fileExists: boolean
  /** The content of the backup; null if there is none. */
  backedUp: Document | null
}

function recoverDocument(place: DocumentPlace): DocumentState {
  const { path, backupPath, clock, logger } = place
  const file = readDocument(path)
  const backup = readDocument(backupPath)
  if (backup.kind === 'damaged') quarantineFile(backupPath, clock.now())
  const backedUp = backup.kind === 'good' ? backup.values : null
  const broken = file.kind === 'damaged' || (file.kind === 'good' && isCorrupt(place, file.values, backedUp))
  if (file.kind === 'good' && !broken) return { values: file.values, fileExists: true, backedUp }
  if (broken) quarantineDocument(place, backedUp === null ? 'nothing' : 'previous generation')
  if (backedUp === null) return { values: {}, fileExists: false, backedUp }
  try {
    writeDurablySync(path, JSON.stringify(backedUp))
    return { values: backedUp, fileExists: true, backedUp }
  } catch (error) {
    logger.warn('The last good copy is in use but could not be put back yet', { file: path, error })
    return { values: backedUp, fileExists: false, backedUp }
  }
}

/**
 * A corrupt file may still be JSON: a changed byte in a name, another document, `{}`. It is detected by
 * comparison with a backup whose entries are all valid. A backup with unknown entries (a newer Keyway wrote
 * both) proves nothing. A person empties a document entry by entry.
 */
function isCorrupt({ isReadable }: DocumentPlace, values: Document, backedUp: Document | null): boolean {
  if (backedUp === null || isReadable === undefined) return false
  const unreadableIn = (document: Document): boolean =>
    Object.entries(document).some(([key, value]) => !isReadable(key, value))
  if (unreadableIn(backedUp)) return false
  const wiped = Object.keys(values).length === 0 && Object.keys(backedUp).length > 1
  return wiped || unreadableIn(values)
}

function quarantineDocument(place: DocumentPlace, using: CorruptFile['using']): void {
  const detectedAt = place.clock.now()
  const damage = { file: place.path, setAsidePath: quarantineFile(place.path, detectedAt), using, detectedAt }
  place.logger.warn('A data file could not be read and was set aside', damage)
  place.onCorruptFile(damage)
}

function readDocument(
  path: string,
): { kind: 'absent' } | { kind: 'damaged' } | { kind: 'good'; values: Document } {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    return { kind: systemCode(error) === 'ENOENT' ? 'absent' : 'damaged' }
  }
  try {
    // A text editor may add a byte order mark; conf skips it, so the file is not corrupt.
    const parsed: unknown = JSON.parse(text.replace(/^\uFEFF/, ''))
    const isDocument = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
    return isDocument ? { kind: 'good', values: parsed as Document } : { kind: 'damaged' }
  } catch {
    return { kind: 'damaged' }
  }
}

// Implements the key-value port with conf or electron-store and adds what these lack: they never see a
// corrupt file (they would throw or empty it), there is a backup, and each write is verified. Reads come from
// memory.

/** The part of conf and electron-store in use: the whole document, written at once. */
export type ConfLike = { store: Document }

/** Options for both libraries: keys are names, not paths, and a file is never emptied automatically. */
export const confOptions = {
  fileExtension: 'json',
  configFileMode: 0o600,
  accessPropertiesByDotNotation: false,
  clearInvalidConfig: false,
} as const

export type GuardedKvDeps = {
  folder: string
  /** File name without its extension. */
  name: string
  open: (place: { cwd: string; name: string }) => ConfLike
  clock: Clock
  logger: Logger
  onCorruptFile: (damage: CorruptFile) => void
  /** Whether an entry is valid in this document. Absent: every entry is. */
  isReadable?: (key: string, value: unknown) => boolean
}

export function createGuardedKv({ folder, name, open, ...rest }: GuardedKvDeps): KeyValueStore {
  removeLeftovers(folder)
  const document = openGuardedDocument(
    { path: join(folder, `${name}.json`), backupPath: join(folder, `${name}.last-good.json`), ...rest },
    { folder, open: () => open({ cwd: folder, name }) },
  )
  return {
    entries: () => Object.entries(document.values()),
    get: (key) => (Object.hasOwn(document.values(), key) ? document.values()[key] : undefined),
    set(key, value) {
      document.replace({ ...document.values(), [checkedKey(key)]: checkedValue(value) })
    },
    delete(key) {
      const values = document.values()
      if (!Object.hasOwn(values, key)) return
      document.replace(Object.fromEntries(Object.entries(values).filter(([candidate]) => candidate !== key)))
    },
  }
}

/**
 * conf writes with `atomically`: a temporary file, ONE write call, fsync, rename. It does not check how much
 * that call wrote (on a nearly full disk it may be a part, and the torn file replaces the good one), and it
 * does not sync the folder. So the backup is updated before each write, and the file is read back after it;
 * an incomplete file is replaced by the backup.
 */
function openGuardedDocument(
  place: DocumentPlace,
  library: { folder: string; open: () => ConfLike },
): { values(): Document; replace(next: Document): void } {
  const { path, backupPath, logger } = place
  // Before the library is created: its constructor throws on a corrupt file.
  const state = recoverDocument(place)
  const conf = library.open()

  const backUp = (): void => {
    if (!state.fileExists || isDeepStrictEqual(state.backedUp, state.values)) return
    writeDurablySync(backupPath, JSON.stringify(state.values))
    state.backedUp = state.values
  }

  const write = (wanted: Document): void => {
    if (readDocument(path).kind === 'damaged') quarantineDocument(place, 'copy in memory')
    try {
      conf.store = wanted
      if (!holds(path, wanted)) throw tornWrite()
      syncFolderSync(library.folder)
    } catch (error) {
      rollBack(state, place)
      throw toSaveError(error, path)
    }
  }

  return {
    values: () => state.values,
    replace(next) {
      // Values that JSON drops are dropped now, not at the next start.
      const wanted = JSON.parse(JSON.stringify(next)) as Document
      backUp()
      write(wanted)
      state.values = wanted
      state.fileExists = true
      try {
        backUp()
      } catch (error) {
        logger.warn('The last good copy is behind; it is renewed before the next write', {
          file: backupPath,
          error,
        })
      }
    },
  }
}

function rollBack(
  state: ReturnType<typeof recoverDocument>,
  { path, backupPath, logger }: DocumentPlace,
): void {
  try {
    if (!state.fileExists) {
      unlinkSync(path)
    } else if (!holds(path, state.values)) {
      // A rename needs no space, so it works on a full disk.
      renameSync(backupPath, path)
      state.backedUp = null
    }
  } catch (error) {
    if (systemCode(error) !== 'ENOENT')
      logger.error('A failed save could not be undone', { file: path, error })
  }
}

function holds(path: string, values: Document): boolean {
  const file = readDocument(path)
  return file.kind === 'good' && isDeepStrictEqual(file.values, values)
}

// conf reserves the first name for itself and rejects it for others.
const RESERVED = new Set(['__internal__', '__proto__'])

function checkedKey(key: string): string {
  if (!RESERVED.has(key)) return key
  throw new KeywayError('invalid_request', {
    message: `"${key}" cannot be a key.`,
    details: { field: 'key' },
  })
}

function checkedValue(value: unknown): unknown {
  if (JSON.stringify(value) !== undefined) return value
  throw new KeywayError('invalid_request', { message: 'The value is not JSON.', details: { field: 'value' } })
}

// The error for a short write on a full disk.
const tornWrite = (): Error => Object.assign(new Error('The file was not written whole.'), { code: 'ENOSPC' })
