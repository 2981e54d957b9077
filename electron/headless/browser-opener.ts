// The system browser for a process without a window. A failure is logged as a warning, because the caller
// shows the link.
import { createInstalledBrowsers } from '../core/browsers/find-browsers.ts'
import { isWebUrl, type OpenerDeps, openUrl } from '../core/browsers/open-url.ts'
import type { Browser } from '../core/ports.ts'

export function createBrowserOpener(deps: OpenerDeps): Browser {
  const installed = createInstalledBrowsers(deps)
  return {
    installed: installed.list,
    async open(url, browserId) {
      const chosen = browserId === null || !isWebUrl(url) ? null : await installed.open(browserId, url)
      return chosen ?? openUrl(url, deps)
    },
  }
}
