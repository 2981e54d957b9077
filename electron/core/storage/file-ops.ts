// The node:fs calls of a durable write. Tests replace them to fail, or kill the process, at each step.
import { closeSync, fsync, openSync, renameSync, writeSync } from 'node:fs'
import { rename, unlink } from 'node:fs/promises'
import { promisify } from 'node:util'
import { KeywayError } from '../../../shared/contract/errors.ts'

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
