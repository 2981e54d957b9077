// The few calls of node:fs that a durable write is made of. Tests bring a set that fails, or kills the
// process, at each of them.
import { closeSync, fsync, openSync, renameSync, writeSync } from 'node:fs'
import { rename, unlink } from 'node:fs/promises'
import { promisify } from 'node:util'
import { KeywayError } from '../../../shared/contract/errors.ts'

/** An open file. */
export type OpenFile = { readonly fd: number }

export type FileOps = {
  open(path: string, flags: string, mode?: number): Promise<OpenFile>
  write(file: OpenFile, data: Uint8Array): Promise<number>
  /** On macOS libuv asks for F_FULLFSYNC, so this is a real one on all platforms. */
  sync(file: OpenFile): Promise<void>
  close(file: OpenFile): Promise<void>
  rename(from: string, to: string): Promise<void>
  unlink(path: string): Promise<void>
}

const syncFile = promisify(fsync)

/**
 * What only reaches the system's cache is done on the spot, some 50 µs in all, against a trip each through a
 * thread pool that may be busy: a rotated refresh token is safe from kill -9, and its access token can be
 * served, that much sooner. Only syncing waits for a disk.
 */
export const nodeFileOps: FileOps = {
  open: async (path, flags, mode) => ({ fd: openSync(path, flags, mode) }),
  write: async ({ fd }, data) => writeSync(fd, data),
  sync: ({ fd }) => syncFile(fd),
  close: async ({ fd }) => closeSync(fd),
  rename: process.platform === 'win32' ? renamePastScanners : async (from, to) => renameSync(from, to),
  unlink,
}

// A virus scanner or the search indexer may hold a fresh file open for some milliseconds; Windows then
// refuses the rename.
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

/** A failed write as `disk_full` (no space, or quota used up) or `save_failed`, with the file named. */
export function toSaveError(error: unknown, file: string): KeywayError {
  if (error instanceof KeywayError) return error
  const reason = systemCode(error)
  const code = reason === 'ENOSPC' || reason === 'EDQUOT' ? 'disk_full' : 'save_failed'
  return new KeywayError(code, { details: { file, reason: reason ?? 'unknown' }, cause: error })
}
