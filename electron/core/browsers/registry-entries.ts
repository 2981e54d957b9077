// What `reg query HK…\SOFTWARE\Clients\StartMenuInternet /s` prints: where Windows keeps the browsers that registered themselves.
import type { InstalledBrowser } from '../../../shared/contract/browser.ts'
import type { Command } from './start-program.ts'

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

/** `    (Default)    REG_SZ    Mozilla Firefox`, whatever "Default" is called in this system's language. */
function defaultIn(line: string): string | null {
  const [name = '', ...value] = line.split('REG_SZ')
  const text = value.join('REG_SZ').trim()
  const isDefault = /^\s/.test(name) && name.trim().startsWith('(') && name.trim().endsWith(')')
  return isDefault && text !== '' ? text : null
}

function programIn(command: string): string {
  return /^"([^"]+)"/.exec(command)?.[1] ?? /^(.+?\.exe)/i.exec(command)?.[1] ?? command
}
