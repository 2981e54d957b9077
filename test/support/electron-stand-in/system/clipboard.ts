import type { Clipboard } from 'electron'
import { strict } from '../strict.ts'

/**
 * A clipboard of its own, so that a test run leaves the person's alone. Text only; it is not the page's
 * clipboard.
 */
export function createClipboard(): Clipboard {
  let text = ''
  const members = {
    readText: () => Promise.resolve(text),
    writeText: (newText: string) => {
      text = newText
      return Promise.resolve()
    },
    has: (type: string) => Promise.resolve(type === 'text/plain' && text !== ''),
    clear: () => {
      text = ''
    },
  } satisfies Partial<Clipboard>
  return strict('clipboard', members) as Clipboard
}
