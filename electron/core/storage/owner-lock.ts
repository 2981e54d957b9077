// Ensures one owner process per data folder. The lock is an operating system file lock, taken through
// SQLite's exclusive transaction, because that is the only way in Node to use fcntl and LockFileEx without a
// native add-on. Advantages over a pid file or a socket:
// - the kernel releases it when the owner dies, including kill -9, so there is no stale state, no takeover
// and no reused pid;
// - the kernel selects one of several processes; nothing is created, deleted or renamed for it;
// - it works across containers that share the folder, where pids have no meaning, and with long paths, where
// sockets cannot be bound.
// POSIX releases a process's locks on a file as soon as that process closes ANY descriptor of it, so no other
// code may ever open `owner.lock`.
import { chmodSync, closeSync, existsSync, lstatSync, openSync, statSync, truncateSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { systemCode } from './durable-file.ts'
import { quarantineFile } from './quarantine.ts'

const BUSY = 5
const NOT_A_DATABASE = 26

export type OwnerLock = { release(): void }

/**
 * Takes the lock, or reports at once that it is taken.
 * @throws the error of SQLite or the file system if neither is possible.
 */
export function takeOwnerLock(path: string): { kind: 'taken'; lock: OwnerLock } | { kind: 'busy' } {
  removeNonFile(path)
  createPrivately(path)
  const first = attempt(path)
  if (first.kind !== 'foreign') return first
  // A file that SQLite cannot read cannot be locked by anybody, so it is safe to empty it.
  truncateSync(path)
  const second = attempt(path)
  if (second.kind !== 'foreign') return second
  throw second.error
}

function attempt(
  path: string,
): { kind: 'taken'; lock: OwnerLock } | { kind: 'busy' } | { kind: 'foreign'; error: Error } {
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    // Nothing is written in it, and a journal on disk would fail on a full disk.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined
    if (code === BUSY) return { kind: 'busy' }
    if (code === NOT_A_DATABASE && error instanceof Error) return { kind: 'foreign', error }
    throw error
  }
  let held = true
  const release = (): void => {
    if (held) database.close()
    held = false
  }
  return { kind: 'taken', lock: { release } }
}

// A folder or a dangling link with this name cannot be a lock. A link to a file is followed, because a person
// may have created it.
function removeNonFile(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined || statSync(path, { throwIfNoEntry: false })?.isFile() === true) return
  quarantineFile(path, Date.now())
}

function createPrivately(path: string): void {
  if (existsSync(path)) return
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error
  }
  chmodSync(path, 0o600)
}
