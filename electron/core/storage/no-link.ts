// Rejects symbolic links in the data folder: Keyway would read, overwrite or empty a file that is not its
// own. A linked record counts as unreadable; any other link stops the start with an error.
import { constants, readdirSync, readFileSync, statSync, type Dirent } from 'node:fs'
import { join } from 'node:path'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Logger } from '../ports.ts'
import { quarantineFile } from './quarantine.ts'

/** A flag for `open`. Windows has no such flag; there creating links requires a privilege. */
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0

/** The names that Keyway itself creates in the folder. The person put everything else there. */
const OWN =
  /^(?:owner\.(?:lock|json)|keyway\.(?:log(?:\.1)?|sock)|window-sessions\.json|(?:settings|providers|apps)(?:\.last-good)?\.json|integrity(?:\.copy)?\.json|activity|connections|vault|imports|practice-provider|set-aside)$/

/**
 * Folders whose files are written in place. Record files are many, and are opened without following links.
 */
const FOLDERS = ['activity', 'vault']

/** @throws like `readFileSync`; ELOOP for a link */
export function readNoLink(path: string): string {
  return readFileSync(path, { encoding: 'utf8', flag: constants.O_RDONLY | NO_FOLLOW })
}

/**
 * Checks the folder before anything in it is opened. A dangling link stays: the code that needs the file
 * quarantines it. Pipes (which block a reader) and devices are quarantined now.
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
    // Missing, or not a folder: the code that creates it reports that.
    return []
  }
}
