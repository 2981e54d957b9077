import { shell } from 'electron'
import type { Browser } from '../core/ports.ts'
import { externalUrl } from './external-urls.ts'

/** The system browser. That it could not be opened is a warning: the window shows the link. */
export const systemBrowser: Browser = {
  async open(url) {
    const target = externalUrl(url)
    if (target === null) return { opened: false, reason: 'Only web addresses are opened in the browser.' }
    try {
      await shell.openExternal(target)
      return { opened: true }
    } catch (error) {
      return {
        opened: false,
        reason: error instanceof Error ? error.message : 'The system browser could not be opened.',
      }
    }
  },
}
