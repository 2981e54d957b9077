// Writes files so that a crash at any point is safe: the new file is written beside the old one, synced, and
// renamed over it, and the folder is synced. A partial file never gets the real name.
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  fsync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { rename, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { KeywayError } from '../../../shared/contract/errors.ts'

const FILE_MODE = 0o600

// `.kwtmp` files are Keyway's; `.tmp-…` files are left by conf's writer (atomically) if the process is
// killed.
const LEFTOVER = /\.(?:[0-9a-f]{12}\.kwtmp|tmp-[0-9]{10}[0-9a-f]{6})$/

const temporaryName = (path: string): string => `${path}.${randomBytes(6).toString('hex')}.kwtmp`

// Windows cannot open a folder for fsync; NTFS journals the rename.
const foldersCanSync = process.platform !== 'win32'

export async function syncFolder(folder: string, ops: FileOps = nodeFileOps): Promise<void> {
  if (!foldersCanSync) return
  const handle = await ops.open(folder, 'r')
  try {
    await ops.sync(handle)
  } finally {
    await ops.close(handle)
  }
}

/**
 * Replaces `path` with `data`; durable when it resolves. With `keepAs`, the previous file is kept under that
 * name.
 * @throws KeywayError `disk_full` | `save_failed`; the previous content is then still at `path`, or at worst
 * at `keepAs`.
 */
export async function writeDurably(
  path: string,
  data: string,
  options: { keepAs?: string; ops?: FileOps } = {},
): Promise<void> {
  const ops = options.ops ?? nodeFileOps
  const temporary = temporaryName(path)
  try {
    await writeNewFile(temporary, Buffer.from(data), ops)
    if (options.keepAs !== undefined) await replaceKeeping(path, options.keepAs, temporary, ops)
    else await ops.rename(temporary, path)
    await syncFolder(dirname(path), ops)
  } catch (error) {
    await ops.unlink(temporary).catch(leaveForNextStart)
    throw toSaveError(error, path)
  }
}

async function writeNewFile(path: string, data: Uint8Array, ops: FileOps): Promise<void> {
  const handle = await ops.open(path, 'wx', FILE_MODE)
  try {
    // A nearly full disk writes a part and reports success; only the next call returns ENOSPC.
    for (let done = 0; done < data.length;) done += await ops.write(handle, data.subarray(done))
    await ops.sync(handle)
  } finally {
    await ops.close(handle)
  }
}

// Between the two renames the old state exists only under `keepAs`. Readers check that name too, so a crash
// there loses nothing.
async function replaceKeeping(path: string, keepAs: string, fresh: string, ops: FileOps): Promise<void> {
  const hadOne = await ops.rename(path, keepAs).then(
    () => true,
    (error: unknown) => {
      if (systemCode(error) !== 'ENOENT') throw error
      return false
    },
  )
  try {
    await ops.rename(fresh, path)
  } catch (error) {
    if (hadOne) await ops.rename(keepAs, path).catch(() => undefined)
    throw error
  }
}

/**
 * Removes files durably. A missing file is not an error.
 * @throws KeywayError `disk_full` | `save_failed`
 */
export async function removeDurably(paths: readonly string[], ops: FileOps = nodeFileOps): Promise<void> {
  for (const path of paths) {
    try {
      await ops.unlink(path)
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw toSaveError(error, path)
    }
  }
  const [first] = paths
  if (first === undefined) return
  await syncFolder(dirname(first), ops).catch((error: unknown) => {
    throw toSaveError(error, first)
  })
}

/** Like {@link writeDurably}, for synchronous callers (the key-value port). */
export function writeDurablySync(path: string, data: string): void {
  const temporary = temporaryName(path)
  try {
    const bytes = Buffer.from(data)
    const descriptor = openSync(temporary, 'wx', FILE_MODE)
    try {
      for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(temporary, path)
    syncFolderSync(dirname(path))
  } catch (error) {
    try {
      unlinkSync(temporary)
    } catch (leftover) {
      leaveForNextStart(leftover)
    }
    throw toSaveError(error, path)
  }
}

export function syncFolderSync(folder: string): void {
  if (!foldersCanSync) return
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/**
 * Creates a folder that only its owner can access.
 * @throws KeywayError `disk_full` | `save_failed`
 */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw toSaveError(error, path)
  }
}

/**
 * The name of the file that a leftover was to become; null if it is not a leftover of {@link writeDurably}.
 */
export function leftoverOf(name: string): string | null {
  return /^(.+)\.[0-9a-f]{12}\.kwtmp$/.exec(name)?.[1] ?? null
}

/**
 * Removes the leftovers of a killed process in `folder`. To be called only by the folder's owner, before
 * anything writes there.
 */
export function removeLeftovers(folder: string, isKept: (name: string) => boolean = () => false): void {
  for (const name of readdirSync(folder)) {
    if (!LEFTOVER.test(name) || isKept(name)) continue
    try {
      unlinkSync(join(folder, name))
    } catch (error) {
      leaveForNextStart(error)
    }
  }
}

// The earlier error is the one to report; the leftover is removed at the next start.
function leaveForNextStart(error: unknown): void {
  if (systemCode(error) === undefined) throw error
}

// The node:fs calls of a durable write. Tests replace them to fail, or kill the process, at each step.

/** An open file. */
export type OpenFile = { readonly fd: number }

export type FileOps = {
  open(path: string, flags: string, mode?: number): Promise<OpenFile>
  write(file: OpenFile, data: Uint8Array): Promise<number>
  /** On macOS libuv uses F_FULLFSYNC, so this is a real sync on all platforms. */
  sync(file: OpenFile): Promise<void>
  close(file: OpenFile): Promise<void>
  rename(from: string, to: string): Promise<void>
  unlink(path: string): Promise<void>
}

const syncFile = promisify(fsync)

/**
 * Calls that only reach the system's cache are synchronous: about 50 µs in total, instead of one trip each
 * through a thread pool that may be busy. So a rotated refresh token is safe from kill -9, and its access
 * token can be served, earlier. Only the sync is asynchronous.
 */
export const nodeFileOps: FileOps = {
  open: async (path, flags, mode) => ({ fd: openSync(path, flags, mode) }),
  write: async ({ fd }, data) => writeSync(fd, data),
  sync: ({ fd }) => syncFile(fd),
  close: async ({ fd }) => closeSync(fd),
  rename: process.platform === 'win32' ? renamePastScanners : async (from, to) => renameSync(from, to),
  unlink,
}

// On Windows a rename fails while a virus scanner or the search indexer has the new file open, for some
// milliseconds.
async function renamePastScanners(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await rename(from, to)
      return
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined
      const passing = code === 'EPERM' || code === 'EACCES' || code === 'EBUSY'
      if (!passing || attempt === 40) throw error
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
  }
}

/** The code of a failed system call, such as `ENOSPC`. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/**
 * Converts a failed write into `disk_full` (no space, or quota exceeded) or `save_failed`, with the file
 * name.
 */
export function toSaveError(error: unknown, file: string): KeywayError {
  if (error instanceof KeywayError) return error
  const reason = systemCode(error)
  const code = reason === 'ENOSPC' || reason === 'EDQUOT' ? 'disk_full' : 'save_failed'
  return new KeywayError(code, { details: { file, reason: reason ?? 'unknown' }, cause: error })
}

/** A flag for `open`. Windows has no such flag; there creating links requires a privilege. */
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0

/**
 * Follows no symbolic link: Keyway would read a file that is not its own.
 * @throws like `readFileSync`; ELOOP for a link
 */
export function readNoLink(path: string): string {
  return readFileSync(path, { encoding: 'utf8', flag: constants.O_RDONLY | NO_FOLLOW })
}
