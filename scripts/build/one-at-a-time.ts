// Two builds into one folder at the same time would mix, for example `npm start` next to `npm test`. The
// second one waits.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const PATIENCE_MS = 180_000
const LOOK_AGAIN_MS = 50

/**
 * Runs `task` while holding `folder` as a lock; the lock of a process that has ended is ignored. @throws
 * Error after three minutes of waiting.
 */
export async function oneAtATime<Result>(folder: string, task: () => Promise<Result>): Promise<Result> {
  const until = performance.now() + PATIENCE_MS
  while (!take(folder)) {
    if (performance.now() > until)
      throw new Error(`Another build holds ${folder}; remove it if there is none.`)
    await pause(LOOK_AGAIN_MS)
  }
  try {
    return await task()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function take(folder: string): boolean {
  try {
    mkdirSync(folder)
    writeFileSync(join(folder, 'pid'), String(process.pid))
    return true
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    if (isAbandoned(folder)) rmSync(folder, { recursive: true, force: true })
    return false
  }
}

function isAbandoned(folder: string): boolean {
  try {
    process.kill(Number(readFileSync(join(folder, 'pid'), 'utf8')), 0)
    return false
  } catch (error) {
    // No such process. When the file is empty or missing, the holder has only just started.
    return error instanceof Error && 'code' in error && error.code === 'ESRCH'
  }
}
