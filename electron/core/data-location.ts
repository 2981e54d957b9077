// Where the data folder is unless somebody says otherwise.
import { isAbsolute, posix, win32 } from 'node:path'

export type Place = {
  platform: NodeJS.Platform
  home: string
  environment: Readonly<Record<string, string | undefined>>
}

/** `--data`, then KEYWAY_DATA, then the platform's own place for an application's data. */
export function dataLocation(chosen: string | undefined, { platform, home, environment }: Place): string {
  const explicit = chosen ?? environment['KEYWAY_DATA']
  if (explicit !== undefined && explicit !== '') return explicit
  if (platform === 'win32') {
    return win32.join(environment['APPDATA'] ?? win32.join(home, 'AppData', 'Roaming'), 'Keyway')
  }
  if (platform === 'darwin') return posix.join(home, 'Library', 'Application Support', 'Keyway')
  // The XDG specification: a relative path is to be ignored.
  const xdg = environment['XDG_DATA_HOME'] ?? ''
  return posix.join(isAbsolute(xdg) ? xdg : posix.join(home, '.local', 'share'), 'keyway')
}
