// Reading one JSON document, and finding the one to start from: the file, else its last good copy.
import { readFileSync } from 'node:fs'
import type { Clock, Damage, Logger } from '../ports.ts'
import { systemCode } from './disk-error.ts'
import { writeDurablySync } from './durable-file.ts'
import { setAside } from './set-aside.ts'

export type Document = Record<string, unknown>

export type DocumentPlace = {
  path: string
  backupPath: string
  clock: Clock
  logger: Logger
  onDamage: (damage: Damage) => void
  /** Whether an entry is what belongs in this document. Absent: anything is. */
  isReadable?: (key: string, value: unknown) => boolean
}

export type DocumentState = {
  values: Document
  /** Whether `values` stand in the file itself. */
  fileExists: boolean
  /** What the last good copy holds; null when there is none. */
  backedUp: Document | null
}

export function recoverDocument(place: DocumentPlace): DocumentState {
  const { path, backupPath, clock, logger } = place
  const file = readDocument(path)
  const backup = readDocument(backupPath)
  if (backup.kind === 'damaged') setAside(backupPath, clock.now())
  const backedUp = backup.kind === 'good' ? backup.values : null
  const broken = file.kind === 'damaged' || (file.kind === 'good' && isSpoilt(place, file.values, backedUp))
  if (file.kind === 'good' && !broken) return { values: file.values, fileExists: true, backedUp }
  if (broken) setAsideDocument(place, backedUp === null ? 'nothing' : 'previous generation')
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
 * Damage can leave JSON behind: a byte in a name, a document of something else, `{}`. It is told by comparing with a last good copy that is
 * readable throughout; one that is not (a newer Keyway wrote both) says nothing. Emptying by a person goes entry by entry.
 */
function isSpoilt({ isReadable }: DocumentPlace, values: Document, backedUp: Document | null): boolean {
  if (backedUp === null || isReadable === undefined) return false
  const unreadableIn = (document: Document): boolean =>
    Object.entries(document).some(([key, value]) => !isReadable(key, value))
  if (unreadableIn(backedUp)) return false
  const wiped = Object.keys(values).length === 0 && Object.keys(backedUp).length > 1
  return wiped || unreadableIn(values)
}

export function setAsideDocument(place: DocumentPlace, using: Damage['using']): void {
  const detectedAt = place.clock.now()
  const damage = { file: place.path, setAsidePath: setAside(place.path, detectedAt), using, detectedAt }
  place.logger.warn('A data file could not be read and was set aside', damage)
  place.onDamage(damage)
}

export function readDocument(
  path: string,
): { kind: 'absent' } | { kind: 'damaged' } | { kind: 'good'; values: Document } {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    return { kind: systemCode(error) === 'ENOENT' ? 'absent' : 'damaged' }
  }
  try {
    // A text editor may have put a byte order mark in front; conf skips it, so it is no damage.
    const parsed: unknown = JSON.parse(text.replace(/^\uFEFF/, ''))
    const isDocument = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
    return isDocument ? { kind: 'good', values: parsed as Document } : { kind: 'damaged' }
  } catch {
    return { kind: 'damaged' }
  }
}
