import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'

export type Homes = { home: string; environment: Readonly<Record<string, string | undefined>> }

/** Where a desktop looks for what starts at login (Desktop Application Autostart Specification). */
export const autostartFile = (homes: Homes): string =>
  join(homeOf('XDG_CONFIG_HOME', '.config', homes), 'autostart', 'keyway.desktop')

/** Where it looks for a user's own applications. The name is not that of a package's entry, which must not be shadowed. */
export const LINKS_ENTRY = 'keyway-links.desktop'
export const linksFile = (homes: Homes): string =>
  join(homeOf('XDG_DATA_HOME', '.local/share', homes), 'applications', LINKS_ENTRY)

function homeOf(variable: string, otherwise: string, { home, environment }: Homes): string {
  const value = environment[variable] ?? ''
  return isAbsolute(value) ? value : join(home, otherwise)
}

/** Writes the entry where it is not so already. @throws what the file system says. */
export function writeEntry(path: string, text: string): void {
  if (contentOf(path) === text) return
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, text)
}

export function removeEntry(path: string): void {
  if (existsSync(path)) rmSync(path)
}

function contentOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
