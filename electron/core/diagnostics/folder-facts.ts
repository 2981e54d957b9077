import { lstatSync, readdirSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { join } from 'node:path'

// POSIX drops a process's locks on a file when it closes ANY descriptor of it, so the owner's lock is not even looked at.
const LOCK = /^owner\.lock/

/** What is in the data folder, by size and number alone. Opens no file. */
export async function folderFacts(path: string): Promise<Record<string, unknown>> {
  const entries = readdirSync(path, { withFileTypes: true }).filter(({ name }) => !LOCK.test(name))
  const space = await statfs(path)
  return {
    path,
    freeBytes: space.bavail * space.bsize,
    entries: Object.fromEntries(
      entries.map((entry) => [
        entry.isDirectory() ? `${entry.name}/` : entry.name,
        entry.isDirectory() ? insideOf(join(path, entry.name)) : sizeOf(join(path, entry.name)),
      ]),
    ),
  }
}

function insideOf(folder: string): { files: number; bytes: number } {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  return {
    files: files.length,
    bytes: files.reduce((sum, { parentPath, name }) => sum + sizeOf(join(parentPath, name)), 0),
  }
}

/** 0 for what went away meanwhile. */
const sizeOf = (path: string): number => lstatSync(path, { throwIfNoEntry: false })?.size ?? 0
