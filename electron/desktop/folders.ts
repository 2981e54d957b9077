// Folders of the desktop app: Keyway's own data where the headless host has them too, and Electron's profile
// at Electron's default place.
import { join, resolve } from 'node:path'
import { dataLocation, type Place } from '../core/storage/data-folder.ts'

export type Folders = {
  data: string
  /** For Electron's own files and its single-instance lock; null: Electron's default. */
  profile: string | null
}

/** `--user-data-dir` is Electron's own option for the folder; `--data` and KEYWAY_DATA are Keyway's. */
export function desktopFolders(argv: readonly string[], place: Place): Folders {
  const everything = argumentOf('user-data-dir', argv)
  if (everything !== null) return { data: resolve(everything), profile: null }
  const chosen = argumentOf('data', argv) ?? undefined
  const data = resolve(dataLocation(chosen, place))
  const isChosen = chosen !== undefined || (place.environment['KEYWAY_DATA'] ?? '') !== ''
  // Two chosen folders are two installations, each with its own lock.
  return { data, profile: isChosen ? join(data, 'window') : null }
}

function argumentOf(name: string, argv: readonly string[]): string | null {
  const inline = argv.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3)
  const at = argv.indexOf(`--${name}`)
  const value = inline ?? (at === -1 ? undefined : argv[at + 1])
  return value === undefined || value === '' ? null : value
}
