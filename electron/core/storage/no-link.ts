// Files and folders of the data folder are Keyway's own. A symbolic link in their place leads to somebody
// else's, which Keyway would read, write over or empty; so none is followed. A linked record counts as one
// that cannot be read; any other link stops the start in words.
import { constants, readdirSync, readFileSync, statSync, type Dirent } from 'node:fs'
import { join } from 'node:path'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Logger } from '../ports.ts'
import { quarantineFile } from './quarantine.ts'

/** For flags of `open`. Windows has no such flag; there a person needs a right of their own to make links. */
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0

/** What Keyway itself puts into the folder. What else is there, a person put there. */
const OWN =
  /^(?:owner\.(?:lock|json)|keyway\.(?:log(?:\.1)?|sock)|window-sessions\.json|(?:settings|providers|apps)(?:\.last-good)?\.json|integrity(?:\.copy)?\.json|activity|connections|vault|imports|practice-provider|set-aside)$/

/** Where what is opened is written on in place. Records are many, and are opened without following. */
const FOLDERS = ['activity', 'vault']

/** @throws as `readFileSync`; ELOOP for a link */
export function readNoLink(path: string): string {
  return readFileSync(path, { encoding: 'utf8', flag: constants.O_RDONLY | NO_FOLLOW })
}

/**
 * Looks at the folder before anything in it is opened. A link to nothing stays: whoever wants a file there
 * sets it aside. What would keep a reader waiting for ever (a pipe) or is a device is set aside now.
 * @throws KeywayError `folder_link`
 */
export function refuseLinks(folder: string, logger: Logger): void {
  for (const entry of entriesOf(folder)) if (OWN.test(entry.name)) look(folder, entry, logger)
  for (const name of FOLDERS) {
    const path = join(folder, name)
    for (const entry of entriesOf(path)) look(path, entry, logger)
  }
}

function look(folder: string, entry: Dirent, logger: Logger): void {
  const path = join(folder, entry.name)
  if (entry.isFIFO() || entry.isBlockDevice() || entry.isCharacterDevice()) {
    logger.warn('What is neither a file nor a folder was set aside', {
      file: path,
      setAsidePath: quarantineFile(path, Date.now()),
    })
    return
  }
  if (!entry.isSymbolicLink() || statSync(path, { throwIfNoEntry: false }) === undefined) return
  throw new KeywayError('folder_link', {
    message: `“${entry.name}” in the data folder is a symbolic link, and Keyway follows none there.`,
    details: { file: path },
  })
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    // Not there yet, or not a folder: whoever makes it says so.
    return []
  }
}
