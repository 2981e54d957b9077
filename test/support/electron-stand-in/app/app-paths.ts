import { mkdirSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'

export type AppPaths = {
  get(name: string): string
  set(name: string, path: string): void
}

export type AppPathsDeps = {
  readonly executable: string
  readonly appName: () => string
  /** `--user-data-dir`, when it was given. */
  readonly userDataSwitch: string | undefined
}

function appDataFolder(): string {
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support')
  return process.env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config')
}

export function createAppPaths(deps: AppPathsDeps): AppPaths {
  const chosen = new Map<string, string>()
  if (deps.userDataSwitch !== undefined) chosen.set('userData', deps.userDataSwitch)
  const defaults: Readonly<Record<string, () => string>> = {
    home: homedir,
    appData: appDataFolder,
    userData: () => join(get('appData'), deps.appName()),
    sessionData: () => get('userData'),
    temp: tmpdir,
    exe: () => deps.executable,
    module: () => deps.executable,
    desktop: () => join(homedir(), 'Desktop'),
    documents: () => join(homedir(), 'Documents'),
    downloads: () => join(homedir(), 'Downloads'),
    logs: () => join(get('userData'), 'logs'),
    crashDumps: () => join(get('userData'), 'Crashpad'),
  }
  const get = (name: string): string => {
    const path = chosen.get(name) ?? defaults[name]?.()
    if (path === undefined) throw new Error(`Failed to get '${name}' path`)
    return path
  }
  return {
    get,
    set: (name, path) => {
      if (!isAbsolute(path)) throw new Error('Path must be absolute')
      if (!(name in defaults)) throw new Error(`Failed to set path '${name}'`)
      // Electron makes the folder it is given.
      mkdirSync(path, { recursive: true })
      chosen.set(name, path)
    },
  }
}
