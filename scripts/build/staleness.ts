// A part is built again only when something it is made of is newer than its last build; so a second `npm run
// demo` starts at once.
import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * The newest change (epoch ms) among these files and folders; a folder counts itself, so that a deleted file
 * is seen.
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

/** Notes that a build begun at `startedAt` is done: what changed while it ran counts as newer. */
export function stamp(stampFile: string, startedAt: number): void {
  mkdirSync(dirname(stampFile), { recursive: true })
  writeFileSync(stampFile, '')
  utimesSync(stampFile, startedAt / 1000, startedAt / 1000)
}
