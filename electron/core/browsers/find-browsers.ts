// The browsers that are installed here, each with the command that opens an address in it.
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { InstalledBrowser } from '../../../shared/contract/browser.ts'
import { browserEntry } from './desktop-entry.ts'
import { browsersInRegistry } from './registry-entries.ts'
import type { Command } from './start-program.ts'

export type FoundBrowser = InstalledBrowser & { commandFor(url: string): Command }

type Environment = Readonly<Record<string, string | undefined>>

export async function findBrowsers(
  platform: NodeJS.Platform,
  environment: Environment,
): Promise<FoundBrowser[]> {
  const found =
    platform === 'darwin'
      ? inApplications(environment)
      : platform === 'win32'
        ? await inRegistry()
        : inDesktopEntries(environment)
  return found.sort((one, other) => one.name.localeCompare(other.name))
}

/** The first file of a name counts, in the order of the XDG Base Directory Specification. */
function inDesktopEntries(environment: Environment): FoundBrowser[] {
  // Nobody would see a browser without a display.
  if (!environment['DISPLAY'] && !environment['WAYLAND_DISPLAY']) return []
  const home = environment['HOME'] ?? ''
  const folders = [
    environment['XDG_DATA_HOME'] || join(home, '.local', 'share'),
    ...(environment['XDG_DATA_DIRS'] || '/usr/local/share:/usr/share').split(':'),
    join(home, '.local', 'share', 'flatpak', 'exports', 'share'),
    '/var/lib/flatpak/exports/share',
    '/var/lib/snapd/desktop',
  ].map((folder) => join(folder, 'applications'))
  const files = new Map<string, string>()
  for (const folder of folders) {
    for (const file of filesIn(folder)) {
      if (file.endsWith('.desktop') && !files.has(file)) files.set(file, join(folder, file))
    }
  }
  return [...files].flatMap(([id, path]) => {
    const entry = browserEntry(readText(path))
    return entry === null ? [] : [{ id, ...entry }]
  })
}

/** macOS has no list of browsers that a program could read; these are the ones that people have. */
const MAC_BROWSERS = [
  'Safari',
  'Google Chrome',
  'Firefox',
  'Microsoft Edge',
  'Brave Browser',
  'Arc',
  'Vivaldi',
  'Opera',
  'Chromium',
  'Zen',
  'Orion',
  'DuckDuckGo',
  'LibreWolf',
  'Tor Browser',
]

function inApplications(environment: Environment): FoundBrowser[] {
  const folders = ['/Applications', join(environment['HOME'] ?? '', 'Applications')]
  return MAC_BROWSERS.flatMap((name) => {
    const path = folders.map((folder) => join(folder, `${name}.app`)).find((each) => existsSync(each))
    return path === undefined
      ? []
      : [{ id: name, name, commandFor: (url) => ({ program: 'open', parameters: ['-a', path, url] }) }]
  })
}

async function inRegistry(): Promise<FoundBrowser[]> {
  const roots = ['HKCU', 'HKLM'].map((root) => `${root}\\SOFTWARE\\Clients\\StartMenuInternet`)
  const listings = await Promise.all(roots.map(queryRegistry))
  const found = new Map<string, FoundBrowser>()
  for (const browser of listings.flatMap(browsersInRegistry))
    if (!found.has(browser.id)) found.set(browser.id, browser)
  return [...found.values()]
}

function queryRegistry(key: string): Promise<string> {
  return new Promise((resolve) => {
    execFile('reg', ['query', key, '/s'], { windowsHide: true, timeout: 5_000 }, (error, output) =>
      resolve(error === null ? output : ''),
    )
  })
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** A file that cannot be read describes no browser. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
