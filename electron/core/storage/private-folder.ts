// Makes a folder its user's own: made when it is not there, closed to everybody else, with what is in it.
import { chmodSync, mkdirSync, readdirSync, statSync, type Dirent } from 'node:fs'
import { dirname, join } from 'node:path'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Logger } from '../ports.ts'
import { systemCode, toSaveError } from './disk-error.ts'

const FOLDER_MODE = 0o700
const FILE_MODE = 0o600

/** @throws KeywayError `save_failed` | `disk_full` when it cannot be made or closed, or belongs to somebody else. */
export function makePrivateFolder(path: string, logger: Logger): void {
  try {
    makeFolders(path)
    if (process.platform === 'win32') return
    const { mode, uid } = statSync(path)
    checkOwner(path, uid, logger)
    const wasOpen = (mode & 0o077) !== 0
    if (wasOpen) {
      logger.warn('The data folder was open to other users; closed it', {
        path,
        mode: (mode & 0o777).toString(8),
      })
    }
    // Also where the umask, or somebody, took rights from the owner.
    if ((mode & 0o777) !== FOLDER_MODE) chmodSync(path, FOLDER_MODE)
    // Below a folder that was closed nobody could reach anything, so looking at the first level costs less and is enough.
    closeContent(path, wasOpen ? 'all' : 'first level')
  } catch (error) {
    throw toSaveError(error, path)
  }
}

/** Not by `recursive`: where a file system makes no folders (below /proc) Node tries for ever. */
function makeFolders(path: string, parents: 'to be made' | 'made' = 'to be made'): void {
  try {
    mkdirSync(path, FOLDER_MODE)
  } catch (error) {
    const reason = systemCode(error)
    const isThere = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
    if (isThere) return
    if (reason !== 'ENOENT' || parents === 'made' || dirname(path) === path) throw error
    makeFolders(dirname(path))
    makeFolders(path, 'made')
  }
}

function checkOwner(path: string, uid: number, logger: Logger): void {
  const self = process.getuid?.()
  if (self === undefined || uid === self) return
  // Root may: a container's root in a volume of the host's user. The owner cannot read the files (0600), only take them away.
  if (self === 0) return logger.warn('The data folder belongs to another user', { path, uid })
  throw new KeywayError('save_failed', {
    message: 'The data folder belongs to another user.',
    nextStep: 'Start Keyway as the user who owns the folder, or choose another data folder.',
    details: { file: path },
  })
}

/** A copied or restored folder brings the rights that its copier gave it. Links are left alone: what they name is not Keyway's. */
function closeContent(folder: string, depth: 'all' | 'first level'): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const wanted = modeFor(entry)
    if (wanted === null) continue
    const path = join(folder, entry.name)
    try {
      if ((statSync(path).mode & 0o777) !== wanted) chmodSync(path, wanted)
      if (depth === 'all' && entry.isDirectory()) closeContent(path, depth)
    } catch (error) {
      // The owner of the folder may be writing in it: its temporary files come and go.
      if (systemCode(error) !== 'ENOENT') throw error
    }
  }
}

function modeFor(entry: Dirent): number | null {
  if (entry.isDirectory()) return FOLDER_MODE
  return entry.isFile() || entry.isSocket() ? FILE_MODE : null
}
