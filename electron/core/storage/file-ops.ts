// The few calls of node:fs that a durable write is made of. Tests bring a set that fails, or kills the process, at each of them.
import { open, rename, unlink, type FileHandle } from 'node:fs/promises'

export type FileOps = {
  open(path: string, flags: string, mode?: number): Promise<FileHandle>
  write(handle: FileHandle, data: Uint8Array): Promise<number>
  /** On macOS libuv asks for F_FULLFSYNC, so this is a real one on all platforms. */
  sync(handle: FileHandle): Promise<void>
  close(handle: FileHandle): Promise<void>
  rename(from: string, to: string): Promise<void>
  unlink(path: string): Promise<void>
}

export const nodeFileOps: FileOps = {
  open: (path, flags, mode) => open(path, flags, mode),
  write: async (handle, data) => (await handle.write(data)).bytesWritten,
  sync: (handle) => handle.sync(),
  close: (handle) => handle.close(),
  rename: process.platform === 'win32' ? renamePastScanners : rename,
  unlink,
}

// A virus scanner or the search indexer may hold a fresh file open for some milliseconds; Windows then refuses the rename.
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
