import { pathToFileURL } from 'node:url'
import type { LoadFileOptions, WebContents } from 'electron'
import { isGone, type CdpSession } from '../chromium/cdp.ts'
import { createEvent } from '../electron-event.ts'
import type { CustomSchemes } from '../session/custom-scheme.ts'
import { createImageFromPng } from '../system/native-image.ts'
import { evaluate } from './evaluate.ts'
import type { FrameState } from './frame-tree.ts'
import { createNavigationHistory } from './navigation-history.ts'
import type { ContentsOptions, PageParts } from './page-parts.ts'
import { whenOpen } from './page-target.ts'

function fileUrl(path: string, options: LoadFileOptions = {}): string {
  const url = pathToFileURL(path)
  for (const [name, value] of Object.entries(options.query ?? {})) url.searchParams.set(name, value)
  if (options.search !== undefined) url.search = options.search
  if (options.hash !== undefined) url.hash = options.hash
  return url.href
}

function createLoadMembers(parts: PageParts, schemes: CustomSchemes) {
  const { emitter, guard, loading, opened, state } = parts
  const load = async (url: string): Promise<void> => {
    const pageUrl = schemes.toPage(url)
    const page = await opened
    guard.expect(pageUrl)
    try {
      await loading.load(page.session, pageUrl, url)
    } catch (error) {
      const { errno = -2, code = 'ERR_FAILED' } = error as { errno?: number; code?: string }
      if (!state.isGone) emitter.emit('did-fail-load', createEvent(), errno, code, url, true)
      throw error
    }
  }
  // Electron's loadURL never rejects into nowhere: who does not await it is not told.
  const quiet = (loaded: Promise<void>): Promise<void> => {
    loaded.catch((error: unknown) => {
      console.error('Electron stand-in:', error)
    })
    return loaded
  }
  const reload = (ignoreCache: boolean): void => {
    whenOpen(opened, (page) => page.session.send('Page.reload', { ignoreCache }))
  }
  return {
    loadURL: (url: string) => quiet(load(url)),
    loadFile: (path: string, options?: LoadFileOptions) => quiet(load(fileUrl(path, options))),
    reload: () => {
      reload(false)
    },
    reloadIgnoringCache: () => {
      reload(true)
    },
    stop: () => {
      state.page?.session.tell('Page.stopLoading')
    },
    navigationHistory: createNavigationHistory(opened),
  } satisfies Partial<WebContents>
}

function createPageMembers(parts: PageParts, schemes: CustomSchemes) {
  const { channel, frames, opened, state, webFrames } = parts
  const withPage = async <Value>(act: (session: CdpSession) => Promise<Value>): Promise<Value> =>
    act((await opened).session)
  const main = (): FrameState => {
    const frame = frames.main()
    if (!frame) throw new Error('The Electron stand-in has no mainFrame before Chromium has made the page.')
    return frame
  }
  return {
    get mainFrame() {
      return webFrames.of(main())
    },
    getURL: () => schemes.toApp(frames.main()?.url ?? '').replace(/^about:blank$/, ''),
    getTitle: () => state.title,
    isLoading: () => state.isLoading,
    isLoadingMainFrame: () => state.isLoading,
    isCrashed: () => state.isCrashed,
    isDestroyed: () => state.isGone,
    send: (name: string, ...args: unknown[]) => {
      if (state.isGone) throw new TypeError('Object has been destroyed')
      const frame = frames.main()
      if (frame) channel.send(frame, name, args)
    },
    executeJavaScript: (code: string, userGesture?: boolean) =>
      withPage((session) => evaluate(session, code, userGesture === true)),
    insertText: (text: string) =>
      withPage(async (session) => {
        await session.send('Input.insertText', { text })
      }),
    capturePage: () =>
      withPage(async (session) => {
        const { data } = await session.send('Page.captureScreenshot', { format: 'png' })
        return createImageFromPng(Buffer.from(data, 'base64'))
      }),
    forcefullyCrashRenderer: () => {
      // The page that should answer is gone by then.
      state.page?.session.send('Page.crash').catch((error: unknown) => {
        if (!isGone(error)) throw error
      })
    },
  } satisfies Partial<WebContents>
}

function createDevToolsMembers({ emitter, state }: PageParts) {
  const open = (): void => {
    state.isDevToolsOpened = true
    emitter.emit('devtools-opened')
  }
  const close = (): void => {
    state.isDevToolsOpened = false
    emitter.emit('devtools-closed')
  }
  return {
    openDevTools: open,
    closeDevTools: close,
    toggleDevTools: () => {
      if (state.isDevToolsOpened) close()
      else open()
    },
    isDevToolsOpened: () => state.isDevToolsOpened,
  } satisfies Partial<WebContents>
}

function createOtherMembers(
  { opened, opening, state }: PageParts,
  options: ContentsOptions,
  markGone: () => void,
) {
  let zoomFactor = 1
  return {
    id: options.id,
    session: options.session.session,
    getType: () => 'window',
    setWindowOpenHandler: opening.setHandler,
    close: () => {
      whenOpen(opened, (page) => page.close().then(markGone))
    },
    focus: () => {
      state.page?.session.tell('Page.bringToFront')
    },
    setIgnoreMenuShortcuts: () => {},
    setBackgroundThrottling: () => {},
    setVisualZoomLevelLimits: () => Promise.resolve(),
    getZoomFactor: () => zoomFactor,
    setZoomFactor: (factor: number) => {
      zoomFactor = factor
      whenOpen(opened, (page) =>
        page.session.send('Emulation.setPageScaleFactor', { pageScaleFactor: factor }),
      )
    },
    getUserAgent: () => 'Electron stand-in',
  } satisfies Partial<WebContents>
}

/** Members of webContents, as one object whose getters stay getters. */
export function createContentsMembers(
  parts: PageParts,
  options: ContentsOptions,
  schemes: CustomSchemes,
  markGone: () => void,
): object {
  parts.emitter.on('did-start-loading', () => {
    parts.state.isLoading = true
  })
  parts.emitter.on('did-stop-loading', () => {
    parts.state.isLoading = false
  })
  const groups = [
    createLoadMembers(parts, schemes),
    createPageMembers(parts, schemes),
    createDevToolsMembers(parts),
    createOtherMembers(parts, options, markGone),
  ]
  return Object.defineProperties(
    {},
    Object.assign({}, ...groups.map((group) => Object.getOwnPropertyDescriptors(group))),
  )
}
