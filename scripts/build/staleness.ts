// A part is built again only when one of its inputs is newer than its last build, so that a second
// `npm run demo` starts at once.
import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * The latest change (epoch ms) of these files and folders. A folder counts itself, so that a deleted file is
 * noticed.
 */
export function newestChange(paths: readonly string[]): number {
  return Math.max(0, ...paths.map(changedAt))
}

function changedAt(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return 0
  if (!stats.isDirectory()) return stats.mtimeMs
  const entries = readdirSync(path).map((name) => join(path, name))
  return Math.max(stats.mtimeMs, newestChange(entries))
}

/** Whether `output`, stamped by {@link stamp}, is missing or older than its inputs. */
export function isStale(part: { stampFile: string; output: string; inputs: readonly string[] }): boolean {
  const stamped = statSync(part.stampFile, { throwIfNoEntry: false })
  const output = statSync(part.output, { throwIfNoEntry: false })
  if (stamped === undefined || output === undefined) return true
  return newestChange(part.inputs) > stamped.mtimeMs
}

/** Records that a build started at `startedAt` is done: inputs that changed while it ran count as newer. */
export function stamp(stampFile: string, startedAt: number): void {
  mkdirSync(dirname(stampFile), { recursive: true })
  writeFileSync(stampFile, '')
  utimesSync(stampFile, startedAt / 1000, startedAt / 1000)
}
