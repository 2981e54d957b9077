// The manifest on disk, twice: a damaged file is not taken for one that was changed.
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import type { Damage } from '../ports.ts'
import { writeDurablySync } from '../storage/durable-file.ts'
import { readNoLink } from '../storage/no-link.ts'
import { setAside } from '../storage/quarantine.ts'

export type ManifestFiles = {
  /** Each copy that is there; `text` null: it cannot be read. */
  read(): Array<{ path: string; text: string | null }>
  /** Durable when it returns. @throws KeywayError disk_full | save_failed; what stood there is then still there. */
  write(text: string): void
  /** The same for what may be behind after a damage: the second copy follows with the next write. */
  writeFirst(text: string): void
  /** Out of the way; it is kept. */
  setAside(path: string, detectedAt: number): void
  /** The same for a copy that was damaged while the other one is whole; it is named in the window. */
  setDamagedAside(path: string, detectedAt: number): void
}

export function createManifestFiles(folder: string, onDamage?: (damage: Damage) => void): ManifestFiles {
  const first = join(folder, 'integrity.json')
  const second = join(folder, 'integrity.copy.json')
  return {
    read: () =>
      [first, second].flatMap((path) =>
        lstatSync(path, { throwIfNoEntry: false }) === undefined ? [] : [{ path, text: textOf(path) }],
      ),
    write(text) {
      writeDurablySync(first, text)
      writeDurablySync(second, text)
    },
    writeFirst: (text) => writeDurablySync(first, text),
    setAside: (path, detectedAt) => void setAside(path, detectedAt),
    setDamagedAside(path, detectedAt) {
      const setAsidePath = setAside(path, detectedAt)
      onDamage?.({ file: path, setAsidePath, using: 'previous generation', detectedAt })
    },
  }
}

function textOf(path: string): string | null {
  try {
    return readNoLink(path)
  } catch {
    return null
  }
}
