import { shell } from 'electron'
import { createInstalledBrowsers } from '../core/browsers/find-browsers.ts'
import type { Browser } from '../core/ports.ts'
import { externalUrl } from './external-urls.ts'

/** The system browser. That it could not be opened is a warning: the window shows the link. */
export function createSystemBrowser(deps: Parameters<typeof createInstalledBrowsers>[0]): Browser {
  const installed = createInstalledBrowsers(deps)
  return {
    installed: installed.list,
    async open(url, browserId) {
      const target = externalUrl(url)
      if (target === null) return { opened: false, reason: 'Only web addresses are opened in the browser.' }
      const chosen = browserId === null ? null : await installed.open(browserId, target)
      return chosen ?? openExternally(target)
    },
  }
}

async function openExternally(target: string): ReturnType<Browser['open']> {
  try {
    await shell.openExternal(target)
    return { opened: true }
  } catch (error) {
    return {
      opened: false,
      reason: error instanceof Error ? error.message : 'The system browser could not be opened.',
    }
  }
}
