// Finds the installed browsers, with the command that opens a URL in each.
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { InstalledBrowser } from '../../../shared/contract/settings.ts'
import type { Browser } from '../ports.ts'
import { type Command, type OpenerDeps, startProgram } from './open-url.ts'

export type FoundBrowser = InstalledBrowser & { commandFor(url: string): Command }

type Environment = Readonly<Record<string, string | undefined>>

async function findBrowsers(platform: NodeJS.Platform, environment: Environment): Promise<FoundBrowser[]> {
  const found =
    platform === 'darwin'
      ? inApplications(environment)
      : platform === 'win32'
        ? await inRegistry()
        : inDesktopEntries(environment)
  return found.sort((one, other) => one.name.localeCompare(other.name))
}

/** The first file of a name counts (XDG Base Directory Specification). */
function inDesktopEntries(environment: Environment): FoundBrowser[] {
  // Without a display a browser would not be visible.
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

/** macOS has no list of browsers that a program can read, so these are well-known ones. */
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

/** An unreadable file describes no browser. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

export type InstalledBrowsers = {
  list(): Promise<InstalledBrowser[]>
  /** Null if the browser is no longer installed; the system default is used then. */
  open(id: string, url: string): Promise<Awaited<ReturnType<Browser['open']>> | null>
}

/** Searched on each request: browsers may be installed or removed, and requests are rare. */
export function createInstalledBrowsers(deps: OpenerDeps): InstalledBrowsers {
  const find = () => findBrowsers(deps.platform, deps.environment)
  return {
    list: async () => (await find()).map(({ id, name }) => ({ id, name })),
    async open(id, url) {
      const browser = (await find()).find((each) => each.id === id)
      if (browser === undefined) return null
      const failure = await startProgram(browser.commandFor(url), deps)
      return failure === null ? { opened: true as const } : { opened: false as const, reason: failure }
    },
  }
}

// Parses the output of `reg query HK…\SOFTWARE\Clients\StartMenuInternet /s`, where browsers register on
// Windows.

type Entry = InstalledBrowser & { commandFor(url: string): Command }

const MENU = '\\startmenuinternet\\'

export function browsersInRegistry(listing: string): Entry[] {
  const names = new Map<string, string>()
  const programs = new Map<string, string>()
  let key = ''
  for (const line of listing.split(/\r?\n/)) {
    if (line.startsWith('HKEY_')) key = line.trim()
    const value = defaultIn(line)
    const at = key.toLowerCase().indexOf(MENU)
    const [id = '', ...rest] = at === -1 ? [] : key.slice(at + MENU.length).split('\\')
    if (value === null || id === '') continue
    if (rest.length === 0) names.set(id, value)
    else if (rest.join('\\').toLowerCase() === 'shell\\open\\command') programs.set(id, programIn(value))
  }
  return [...programs].map(([id, program]) => ({
    id,
    name: names.get(id) ?? id,
    commandFor: (url) => ({ program, parameters: [url] }),
  }))
}

/** `    (Default)    REG_SZ    Mozilla Firefox`; "Default" is translated on some systems. */
function defaultIn(line: string): string | null {
  const [name = '', ...value] = line.split('REG_SZ')
  const text = value.join('REG_SZ').trim()
  const isDefault = /^\s/.test(name) && name.trim().startsWith('(') && name.trim().endsWith(')')
  return isDefault && text !== '' ? text : null
}

function programIn(command: string): string {
  return /^"([^"]+)"/.exec(command)?.[1] ?? /^(.+?\.exe)/i.exec(command)?.[1] ?? command
}

// A browser in the Desktop Entry Specification 1.5 of freedesktop.org, as far as opening a URL needs it.

export type BrowserEntry = { name: string; commandFor(url: string): Command }

/** Null if the text describes no browser, or a hidden one. */
export function browserEntry(text: string): BrowserEntry | null {
  const main = mainGroup(text)
  const name = main.get('Name')
  const words = wordsOf(main.get('Exec') ?? '')
  const [program] = words
  const opensWebPages = (main.get('MimeType') ?? '').split(';').includes('x-scheme-handler/https')
  const isHidden = main.get('Hidden') === 'true' || main.get('NoDisplay') === 'true'
  if (name === undefined || program === undefined || !opensWebPages || isHidden) return null
  return {
    name,
    commandFor(url) {
      const parameters = words.slice(1).flatMap((word) => placed(word, url))
      return { program, parameters: parameters.includes(url) ? parameters : [...parameters, url] }
    },
  }
}

function mainGroup(text: string): Map<string, string> {
  const found = new Map<string, string>()
  let isMain = false
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('[')) isMain = line.trim() === '[Desktop Entry]'
    else if (isMain && !line.startsWith('#')) {
      const [, key, value] = /^([A-Za-z0-9-]+)[ \t]*=(.*)$/.exec(line) ?? []
      if (key !== undefined && value !== undefined) found.set(key, value.trim())
    }
  }
  return found
}

/** Quoted words may contain spaces; a backslash in them escapes the next character. */
function wordsOf(exec: string): string[] {
  return [...exec.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll(/\\(.)/g, '$1') ?? plain ?? '',
  )
}

/** Field codes: replaced by the URL where it belongs, removed for files, icons and names. */
function placed(word: string, url: string): string[] {
  if (/^%[uUfF]$/.test(word)) return [url]
  if (/^%[a-zA-Z]$/.test(word)) return []
  return [word.replaceAll('%%', '%')]
}
