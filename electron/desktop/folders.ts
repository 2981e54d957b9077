// Where the desktop keeps things: Keyway's own data where the headless host keeps them too, Electron's
// profile where Electron wants it.
import { join, resolve } from 'node:path'
import { dataLocation, type Place } from '../core/storage/data-folder.ts'

export type Folders = {
  data: string
  /** For Electron's own files, and the lock of its single instance; null: Electron's own choice. */
  profile: string | null
}

/**
 * `--user-data-dir` is Electron's own way to say where everything goes; `--data` and KEYWAY_DATA are
 * Keyway's.
 */
export function desktopFolders(argv: readonly string[], place: Place): Folders {
  const everything = argumentOf('user-data-dir', argv)
  if (everything !== null) return { data: resolve(everything), profile: null }
  const chosen = argumentOf('data', argv) ?? undefined
  const data = resolve(dataLocation(chosen, place))
  const isChosen = chosen !== undefined || (place.environment['KEYWAY_DATA'] ?? '') !== ''
  // Two chosen folders are two Keyways: each with a lock of its own.
  return { data, profile: isChosen ? join(data, 'window') : null }
}

function argumentOf(name: string, argv: readonly string[]): string | null {
  const inline = argv.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3)
  const at = argv.indexOf(`--${name}`)
  const value = inline ?? (at === -1 ? undefined : argv[at + 1])
  return value === undefined || value === '' ? null : value
}
