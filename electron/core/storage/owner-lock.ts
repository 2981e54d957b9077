// One owner process a data folder. The lock is a file lock of the operating system, taken through SQLite's
// exclusive transaction, because that is the one way in Node to reach fcntl and LockFileEx without a native
// add-on. Against a pid file or a socket:
// - the kernel lets go when the holder dies, kill -9 included, so there is no stale state, no taking over and
// no reused pid;
// - of many takers the kernel picks one; nothing is created, deleted or renamed for it;
// - it holds across containers that share the folder, where pids mean nothing, and on long paths, where
// sockets cannot be bound.
// POSIX drops a process's locks on a file as soon as that process closes ANY descriptor of it: nothing else
// may ever open `owner.lock`.
import { chmodSync, closeSync, existsSync, lstatSync, openSync, statSync, truncateSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { systemCode } from './file-ops.ts'
import { quarantineFile } from './quarantine.ts'

const BUSY = 5
const NOT_A_DATABASE = 26

export type OwnerLock = { release(): void }

/**
 * Takes the lock or says at once that somebody has it. @throws what SQLite or the file system says when
 * neither is possible.
 */
export function takeOwnerLock(path: string): { kind: 'taken'; lock: OwnerLock } | { kind: 'busy' } {
  moveAwayWhatIsNoFile(path)
  createPrivately(path)
  const first = attempt(path)
  if (first.kind !== 'foreign') return first
  // Nobody can hold a lock on a file that SQLite cannot read, so emptying it takes nothing from anybody.
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
    // Nothing is ever written in it, so the journal that a transaction keeps on disk would only be in the way
    // of a full one.
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

// A folder or a link to nothing under that name is nobody's lock. A link to a file is followed: it may be a
// person's own doing.
function moveAwayWhatIsNoFile(path: string): void {
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
