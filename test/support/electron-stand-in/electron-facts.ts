import { readFileSync } from 'node:fs'
import { z } from 'zod'

/** The version of the Electron that this stands in for: the one that is installed as a package. */
export function readElectronVersion(): string {
  const path = new URL('../../../node_modules/electron/package.json', import.meta.url)
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(path, 'utf8'))).version
}

/** What Electron adds to `process` in the main process. */
export function dressProcess(executable: string, argv: readonly string[], electronVersion: string): void {
  Object.defineProperty(process, 'versions', { value: { ...process.versions, electron: electronVersion } })
  Object.defineProperty(process, 'type', { value: 'browser' })
  Object.defineProperty(process, 'defaultApp', { value: true })
  process.execPath = executable
  process.argv = [...argv]
}
