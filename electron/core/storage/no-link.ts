// Files and folders of the data folder are Keyway's own. A symbolic link in their place leads to somebody else's, so none is followed: a
// linked file counts as one that cannot be read, and a linked folder stops the start in words.
import { constants, lstatSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { KeywayError } from '../../../shared/contract/errors.ts'

/** For flags of `open`. Windows has no such flag; there a person needs a right of their own to make links. */
export const NO_FOLLOW = constants.O_NOFOLLOW ?? 0

/** @throws as `readFileSync`; ELOOP for a link */
export function readNoLink(path: string): string {
  return readFileSync(path, { encoding: 'utf8', flag: constants.O_RDONLY | NO_FOLLOW })
}

/** @throws KeywayError `folder_link` */
export function refuseLink(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return
  throw new KeywayError('folder_link', {
    message: `“${basename(path)}” in the data folder is a symbolic link, and Keyway follows none there.`,
    details: { file: path },
  })
}
