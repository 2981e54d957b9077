// A page cannot be stopped at the moment it asks, so the app's handlers are asked whenever a page is loaded
// and Chromium is told the answers: what a page then gets is what the app decided.
import type { Session, WebContents } from 'electron'
import { reportUnlessGone, type Cdp } from '../chromium/cdp.ts'

type RequestHandler = Exclude<Parameters<Session['setPermissionRequestHandler']>[0], null>
type CheckHandler = Exclude<Parameters<Session['setPermissionCheckHandler']>[0], null>
type Permission = Parameters<CheckHandler>[1]

export type Permissions = {
  setRequestHandler(handler: RequestHandler | null): void
  setCheckHandler(handler: CheckHandler | null): void
  /** Resolves when Chromium has all answers. */
  applyTo(contents: WebContents, pageOrigin: string): Promise<void>
}

/** Electron's names, and what Chromium calls the same permission. */
const chromiumNames: ReadonlyArray<readonly [Permission, string, mediaType?: 'video' | 'audio']> = [
  ['clipboard-read', 'clipboard-read'],
  ['clipboard-sanitized-write', 'clipboard-write'],
  ['geolocation', 'geolocation'],
  ['idle-detection', 'idle-detection'],
  ['local-fonts', 'local-fonts'],
  ['media', 'camera', 'video'],
  ['media', 'microphone', 'audio'],
  ['midi', 'midi'],
  ['notifications', 'notifications'],
  ['persistent-storage', 'persistent-storage'],
  ['window-management', 'window-management'],
]

/** With a closing slash, as Electron hands it over. `URL.origin` knows no custom schemes. */
const originOf = (url: string): string => /^[a-z][a-z0-9+-]*:\/\/[^/?#]*/i.exec(url)?.[0].concat('/') ?? ''

export function createPermissions(cdp: () => Promise<Cdp>): Permissions {
  let requestHandler: RequestHandler | null = null
  let checkHandler: CheckHandler | null = null

  /** Electron's default is to grant. */
  const decide = async (
    contents: WebContents,
    permission: Permission,
    mediaType?: 'video' | 'audio',
  ): Promise<boolean> => {
    const requestingUrl = contents.getURL()
    const details = { isMainFrame: true, requestingUrl, ...(mediaType && { mediaType }) }
    if (checkHandler && !checkHandler(contents, permission, originOf(requestingUrl), details)) return false
    const handler = requestHandler
    if (!handler) return true
    return new Promise((resolve) => {
      handler(contents, permission, resolve, details)
    })
  }

  return {
    setRequestHandler: (handler) => {
      requestHandler = handler
    },
    setCheckHandler: (handler) => {
      checkHandler = handler
    },
    applyTo: async (contents, pageOrigin) => {
      if (!pageOrigin.startsWith('http')) return
      const { browser } = await cdp()
      const apply = async ([permission, name, mediaType]: (typeof chromiumNames)[number]): Promise<void> => {
        const setting = (await decide(contents, permission, mediaType)) ? 'granted' : 'denied'
        await browser
          .send('Browser.setPermission', { permission: { name }, setting, origin: pageOrigin })
          .catch(reportUnlessGone)
      }
      await Promise.all(chromiumNames.map(apply))
    },
  }
}
