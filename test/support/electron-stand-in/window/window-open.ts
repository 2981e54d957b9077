import type { BrowserWindowConstructorOptions, HandlerDetails, WindowOpenHandlerResponse } from 'electron'
import type { CdpSession } from '../chromium/cdp.ts'

export type WindowOpenHandler = (details: HandlerDetails) => WindowOpenHandlerResponse

export type WindowOpening = {
  setHandler(handler: WindowOpenHandler): void
  listen(session: CdpSession): void
}

export type WindowOpeningDeps = {
  readonly toApp: (url: string) => string
  /**
   * The app allowed it (or has no handler: Electron's default). The page itself has been told null already.
   */
  readonly openWindow: (details: HandlerDetails, options: BrowserWindowConstructorOptions) => void
}

/**
 * window.open(), target=_blank and their kind: Chromium opens nothing by itself, it reports what the page
 * tried.
 */
export function createWindowOpening(deps: WindowOpeningDeps): WindowOpening {
  let handler: WindowOpenHandler = () => ({ action: 'allow' })
  return {
    setHandler: (newHandler) => {
      handler = newHandler
    },
    listen: (session) => {
      session.on('Page.windowOpen', ({ url, windowName, windowFeatures }) => {
        const isPopup = windowFeatures.some((feature) => /^(width|height|left|top|popup)/.test(feature))
        const details: HandlerDetails = {
          url: deps.toApp(url),
          frameName: windowName === '_blank' ? '' : windowName,
          features: windowFeatures.join(','),
          disposition: isPopup ? 'new-window' : 'foreground-tab',
          referrer: { url: '', policy: 'strict-origin-when-cross-origin' },
        }
        const answer = handler(details)
        if (answer.action === 'allow') deps.openWindow(details, answer.overrideBrowserWindowOptions ?? {})
      })
    },
  }
}
