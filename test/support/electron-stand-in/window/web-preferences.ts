import { readFileSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import type { WebPreferences } from 'electron'

/** What the stand-in does not build and Keyway must not have: whoever sets it is told at once. */
const refused: ReadonlyArray<readonly [keyof WebPreferences, unknown]> = [
  ['nodeIntegration', true],
  ['nodeIntegrationInSubFrames', true],
  ['nodeIntegrationInWorker', true],
  ['contextIsolation', false],
  ['sandbox', false],
  ['webSecurity', false],
  ['webviewTag', true],
  ['allowRunningInsecureContent', true],
  ['experimentalFeatures', true],
  ['javascript', false],
]

/** @throws Error that names the preference. */
export function assertHardened(preferences: WebPreferences): void {
  for (const [name, value] of refused) {
    if (preferences[name] === value) {
      throw new Error(`The Electron stand-in refuses webPreferences.${name}: ${String(value)}.`)
    }
  }
  if (preferences.preload !== undefined && !isAbsolute(preferences.preload)) {
    throw new Error(`preload script must have absolute path: ${preferences.preload}`)
  }
}

export function readPreload(preferences: WebPreferences): { path: string; source: string } | null {
  const path = preferences.preload
  return path === undefined ? null : { path, source: readFileSync(path, 'utf8') }
}
