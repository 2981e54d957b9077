// One page of Chromium behind Electron's webContents.
import { EventEmitter } from 'node:events'
import type { WebContents } from 'electron'
import type { Cdp } from '../chromium/cdp.ts'
import { createEvent } from '../electron-event.ts'
import type { CloneText } from '../page/clone-text.ts'
import type { PreloadFacts } from '../page/preload-world.ts'
import type { CustomSchemes } from '../session/custom-scheme.ts'
import { strict } from '../strict.ts'
import { createContentsMembers } from './contents-members.ts'
import { listenToDocuments } from './document-events.ts'
import { createFrameTree } from './frame-tree.ts'
import { createIpcReceiver, type IpcReceiver } from './ipc-main.ts'
import { createNavigationGuard } from './navigation-guard.ts'
import { createPageLoading } from './page-loading.ts'
import type { ContentsOptions, PageParts, PageState } from './page-parts.ts'
import { openPageTarget, type PageTarget } from './page-target.ts'
import { preparePage } from './prepare-page.ts'
import { createRendererChannel } from './renderer-channel.ts'
import { listenToRequests } from './request-pipeline.ts'
import { createWebFrames } from './web-frame-main.ts'
import { readPreload } from './web-preferences.ts'
import { createWindowOpening, type WindowOpeningDeps } from './window-open.ts'

export type ContentsDeps = {
  readonly cdp: () => Promise<Cdp>
  readonly clone: CloneText
  readonly facts: PreloadFacts
  readonly schemes: CustomSchemes
  readonly ipcMain: IpcReceiver
  readonly openWindow: WindowOpeningDeps['openWindow']
  /** '' leaves the choice to Chromium. */
  readonly colorScheme: () => '' | 'light' | 'dark'
}

export type StandInContents = {
  readonly contents: WebContents
  readonly opened: Promise<PageTarget>
  targetId(): string | null
  /** The page is closed by the app, by itself or by its window. */
  markGone(): void
  applyTheme(): void
}

async function connectPage(
  page: PageTarget,
  parts: PageParts,
  options: ContentsOptions,
  deps: ContentsDeps,
  contents: WebContents,
  applyTheme: () => void,
): Promise<void> {
  const { session } = page
  const { emitter, frames, guard, loading, opening, state } = parts
  frames.listen(session, page.targetId)
  guard.listen(session)
  opening.listen(session)
  let permitted = Promise.resolve()
  listenToDocuments({
    session,
    emitter,
    mainFrameId: page.targetId,
    toApp: deps.schemes.toApp,
    onCommit: (pageUrl, loaderId) => {
      state.isCrashed = false
      loading.onCommit(loaderId)
      applyTheme()
      permitted = options.session.permissions.applyTo(contents, new URL(pageUrl).origin)
    },
    onLoaded: async (loaderId) => {
      await permitted
      loading.onLoaded(loaderId)
    },
    onCrashed: () => {
      state.isCrashed = true
    },
  })
  await Promise.all([
    preparePage(session, deps.facts, readPreload(options.preferences), {
      onPreloadError: parts.onPreloadError,
      onTitle: (title) => {
        state.title = title
        options.onTitle(title)
      },
    }),
    parts.channel.listen(session),
    listenToRequests(session, {
      session: options.session,
      schemes: deps.schemes,
      guard,
      contents: () => contents,
      isMainFrame: (frameId) => frameId === page.targetId,
    }),
  ])
  const { windowId } = await session.send('Browser.getWindowForTarget')
  await session.send('Browser.setContentsSize', { windowId, ...options.size })
}

export function createWebContents(options: ContentsOptions, deps: ContentsDeps): StandInContents {
  const { toApp } = deps.schemes
  const emitter = new EventEmitter()
  const frames = createFrameTree()
  const state: PageState = {
    page: null,
    title: '',
    isCrashed: false,
    isGone: false,
    isLoading: false,
    isDevToolsOpened: false,
  }
  const webFrames = createWebFrames({
    frames,
    toApp,
    session: () => {
      if (!state.page) throw new Error('Chromium has not made the page yet.')
      return state.page.session
    },
    send: (frame, name, args) => {
      channel.send(frame, name, args)
    },
  })
  const ownIpc = createIpcReceiver('webContents.ipc')
  const channel = createRendererChannel({
    token: deps.facts.token,
    clone: deps.clone,
    frames,
    webFrames,
    contents: () => contents,
    receivers: [ownIpc, deps.ipcMain],
    onPreloadError: (error) => {
      parts.onPreloadError(error)
    },
  })
  const loading = createPageLoading()
  const markGone = (): void => {
    if (state.isGone) return
    state.isGone = true
    loading.onGone()
    emitter.emit('destroyed')
    options.onClose()
  }
  const open = async (): Promise<PageTarget> => {
    const page = await openPageTarget(await deps.cdp(), options.size, markGone)
    state.page = page
    await connectPage(page, parts, options, deps, contents, applyTheme)
    return page
  }
  const applyTheme = (): void => {
    const features = [{ name: 'prefers-color-scheme', value: deps.colorScheme() }]
    state.page?.session.tell('Emulation.setEmulatedMedia', { features })
  }
  const parts: PageParts = {
    emitter,
    frames,
    webFrames,
    channel,
    loading,
    state,
    guard: createNavigationGuard({ emitter, frames, webFrames, toApp }),
    opening: createWindowOpening({ toApp, openWindow: deps.openWindow }),
    onPreloadError: (error) => {
      const path = options.preferences.preload ?? ''
      console.error(`Unable to load preload script: ${path}\n`, error)
      emitter.emit('preload-error', createEvent(), path, error)
    },
    // Started after this object is complete.
    opened: Promise.resolve().then(open),
  }
  const members = createContentsMembers(parts, options, deps.schemes, markGone)
  Object.defineProperties(emitter, Object.getOwnPropertyDescriptors(members))
  Object.assign(emitter, { ipc: ownIpc.ipc })
  const contents = strict('webContents', emitter) as unknown as WebContents
  return {
    contents,
    opened: parts.opened,
    targetId: () => state.page?.targetId ?? null,
    markGone,
    applyTheme,
  }
}
