// Asks the app before a page goes somewhere by itself. Navigations that the app starts (loadURL) are not
// asked about.
import type { EventEmitter } from 'node:events'
import type { CdpSession } from '../chromium/cdp.ts'
import type { Protocol } from '../chromium/protocol.ts'
import { createEvent } from '../electron-event.ts'
import type { FrameTree } from './frame-tree.ts'
import type { WebFrames } from './web-frame-main.ts'

export type NavigationGuard = {
  listen(session: CdpSession): void
  /** The app itself is about to load `pageUrl` in the main frame. */
  expect(pageUrl: string): void
  /** False when a listener prevented it. */
  mayProceed(request: Protocol.Fetch.requestPausedPayload): boolean
}

export type NavigationGuardDeps = {
  readonly emitter: EventEmitter
  readonly frames: FrameTree
  readonly webFrames: WebFrames
  readonly toApp: (url: string) => string
}

const withoutFragment = (url: string): string => url.replace(/#.*$/s, '')

/**
 * Chromium loads these through the network stack, where they can be stopped; about: and blob: stay inside the
 * page.
 */
const loadable = /^(https?|file|about|blob|data|javascript):/i

export function createNavigationGuard(deps: NavigationGuardDeps): NavigationGuard {
  const requested = new Map<string, string>()
  let expected: string | null = null

  const emit = (name: string, frameId: string, url: string): boolean => {
    const frame = deps.frames.get(frameId)
    const isMainFrame = frame?.parentId === null
    const webFrame = frame ? deps.webFrames.of(frame) : null
    const event = createEvent({ url: deps.toApp(url), isSameDocument: false, isMainFrame, frame: webFrame })
    deps.emitter.emit(name, event, event.url, false, isMainFrame, webFrame?.processId, webFrame?.routingId)
    return !event.defaultPrevented
  }

  const ask = (frameId: string, url: string): boolean => {
    if (!emit('will-frame-navigate', frameId, url)) return false
    return deps.frames.get(frameId)?.parentId !== null || emit('will-navigate', frameId, url)
  }

  return {
    listen: (session) => {
      // Chromium sends this on the same channel as the request itself, and before it.
      session.on('Page.frameRequestedNavigation', ({ frameId, url, disposition }) => {
        if (disposition !== 'currentTab') return
        // mailto: and its kind never become a request; Chromium is kept from handing them to the system.
        if (loadable.test(url)) requested.set(frameId, url)
        else ask(frameId, url)
      })
      session.on('Page.frameNavigated', ({ frame }) => {
        requested.delete(frame.id)
      })
    },
    expect: (pageUrl) => {
      expected = withoutFragment(pageUrl)
    },
    mayProceed: ({ frameId, request, redirectedRequestId }) => {
      const isMainFrame = deps.frames.get(frameId)?.parentId === null
      if (redirectedRequestId !== undefined)
        return !isMainFrame || emit('will-redirect', frameId, request.url)
      if (isMainFrame && expected === withoutFragment(request.url)) {
        expected = null
        return true
      }
      const announced = requested.get(frameId)
      if (announced === undefined || withoutFragment(announced) !== withoutFragment(request.url)) return true
      requested.delete(frameId)
      return ask(frameId, announced)
    },
  }
}
