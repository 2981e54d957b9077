// What `reg query HK…\SOFTWARE\Clients\StartMenuInternet /s` prints: where Windows keeps the browsers that registered themselves.
import type { InstalledBrowser } from '../../../shared/contract/browser.ts'
import type { Command } from './start-program.ts'

type Entry = InstalledBrowser & { commandFor(url: string): Command }

export function browsersInRegistry(listing: string): Entry[] {
  const names = new Map<string, string>()
  const programs = new Map<string, string>()
  let key = ''
  for (const line of listing.split(/\r?\n/)) {
    if (line.startsWith('HKEY_')) key = line.trim()
    const value = /^\s+\(.+?\)\s+REG_SZ\s+(.+)$/.exec(line)?.[1]?.trim()
    const [, id, rest = ''] = /\\StartMenuInternet\\([^\\]+)(.*)$/i.exec(key) ?? []
    if (value === undefined || id === undefined) continue
    if (rest === '') names.set(id, value)
    else if (rest.toLowerCase() === '\\shell\\open\\command') programs.set(id, programIn(value))
  }
  return [...programs].map(([id, program]) => ({
    id,
    name: names.get(id) ?? id,
    commandFor: (url) => ({ program, parameters: [url] }),
  }))
}

function programIn(command: string): string {
  return /^"([^"]+)"/.exec(command)?.[1] ?? /^(.+?\.exe)/i.exec(command)?.[1] ?? command
}
