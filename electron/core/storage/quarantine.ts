// Quarantine for files that cannot be read, and the list of them for the window.
import { lstatSync, mkdirSync, renameSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Clock, CorruptFile } from '../ports.ts'
import { syncFolderSync } from './durable-file.ts'

/**
 * The path for a file that could not be read: `set-aside/` beside it, with the time in the name, unused by
 * any other file.
 */
export function quarantinePath(path: string, detectedAt: number): string {
  const stamp = new Date(detectedAt).toISOString().replaceAll(/[:.]/g, '-')
  const wanted = join(dirname(path), 'set-aside', `${basename(path)}.${stamp}`)
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? wanted : `${wanted}-${n}`
    if (!isThere(name)) return name
  }
}

/**
 * Moves an unreadable file away without overwriting anything, and returns its new path. If moving is
 * impossible (read-only disk), the file stays and its own path is returned.
 */
export function quarantineFile(
  path: string,
  detectedAt: number,
  target = quarantinePath(path, detectedAt),
): string {
  try {
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
    renameSync(path, target)
    syncFolderSync(dirname(target))
    syncFolderSync(dirname(path))
    return target
  } catch {
    return isThere(target) ? target : path
  }
}

/**
 * A link exists whatever its target. Below something that is not a folder, or cannot be read, nothing exists.
 */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined
  } catch {
    return false
  }
}

/** The files that could not be read since the start, for the window. */
export type CorruptFileList = {
  list(): CorruptFile[]
  add(damage: CorruptFile): void
  /** An entry that is JSON but not valid. It stays in its file unchanged. */
  addUnreadable(entry: { store: string; key: string }): void
  onAdded(listener: () => void): void
}

export function createCorruptFileList(deps: { clock: Clock; dataFolder: string }): CorruptFileList {
  const damages: CorruptFile[] = []
  let notify = (): void => undefined
  const add = (damage: CorruptFile): void => {
    damages.push(damage)
    notify()
  }
  return {
    list: () => [...damages],
    add,
    addUnreadable({ store, key }) {
      const file =
        store === 'connections'
          ? join(deps.dataFolder, store, `${key}.json`)
          : `${join(deps.dataFolder, `${store}.json`)} (entry ${key})`
      add({ file, setAsidePath: file, using: 'nothing', detectedAt: deps.clock.now() })
    },
    onAdded(listener) {
      notify = listener
    },
  }
}
