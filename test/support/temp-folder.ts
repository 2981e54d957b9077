import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A folder of its own for one test, gone when the test is. */
export function tempFolder(): string {
  const { path, remove } = makeTempFolder()
  onTestFinished(remove)
  return path
}

/** The same for a whole file or script; the caller removes it. */
export function makeTempFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'keyway-test-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}
