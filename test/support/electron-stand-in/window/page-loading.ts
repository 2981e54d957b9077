import type { CdpSession } from '../chromium/cdp.ts'

export type PageLoading = {
  /** Settles like loadURL(): when the document has loaded, or with the reason why it did not. */
  load(session: CdpSession, pageUrl: string, appUrl: string): Promise<void>
  onCommit(loaderId: string): void
  onLoaded(loaderId: string): void
  /** The window went away. */
  onGone(): void
}

/** Chromium's error numbers, as Electron puts them into the error of loadURL. */
const errorNumbers: Readonly<Record<string, number>> = {
  ERR_FAILED: -2,
  ERR_ABORTED: -3,
  ERR_FILE_NOT_FOUND: -6,
  ERR_CONNECTION_REFUSED: -102,
  ERR_NAME_NOT_RESOLVED: -105,
}

function createLoadError(name: string, url: string): Error {
  const errno = errorNumbers[name] ?? -2
  return Object.assign(new Error(`${name} (${errno}) loading '${url}'`), { errno, code: name, url })
}

export function createPageLoading(): PageLoading {
  let lastLoaded = ''
  let waiting: { loaderId: string; url: string; resolve(): void; reject(error: Error): void } | null = null

  const abort = (): void => {
    waiting?.reject(createLoadError('ERR_ABORTED', waiting.url))
    waiting = null
  }

  return {
    load: async (session, pageUrl, appUrl) => {
      const { loaderId, errorText } = await session.send('Page.navigate', { url: pageUrl })
      if (errorText !== undefined && errorText !== '')
        throw createLoadError(errorText.replace('net::', ''), appUrl)
      // Without a loader it was a jump inside the document that is there.
      if (loaderId === undefined || loaderId === lastLoaded) return
      abort()
      await new Promise<void>((resolve, reject) => {
        waiting = { loaderId, url: appUrl, resolve, reject }
      })
    },
    onCommit: (loaderId) => {
      if (waiting && waiting.loaderId !== loaderId) abort()
    },
    onLoaded: (loaderId) => {
      lastLoaded = loaderId
      if (waiting?.loaderId !== loaderId) return
      waiting.resolve()
      waiting = null
    },
    onGone: abort,
  }
}
