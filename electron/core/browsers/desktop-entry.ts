// A browser as Linux desktops describe it: freedesktop.org's Desktop Entry Specification 1.5, as much of it as opening an address needs.
import type { Command } from './start-program.ts'

export type BrowserEntry = { name: string; commandFor(url: string): Command }

/** Null when the text describes no browser, or one that its owner hides. */
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

/** Quoted words may hold blanks; a backslash in them keeps the next character. */
function wordsOf(exec: string): string[] {
  return [...exec.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll(/\\(.)/g, '$1') ?? plain ?? '',
  )
}

/** Field codes: the address where one belongs, nothing for those about files, icons and names. */
function placed(word: string, url: string): string[] {
  if (/^%[uUfF]$/.test(word)) return [url]
  if (/^%[a-zA-Z]$/.test(word)) return []
  return [word.replaceAll('%%', '%')]
}
