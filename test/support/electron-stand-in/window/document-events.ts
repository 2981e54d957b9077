// Turns what Chromium reports about a page's documents into Electron's webContents events.
import type { EventEmitter } from 'node:events'
import type { CdpSession } from '../chromium/cdp.ts'
import { createEvent } from '../electron-event.ts'

export type DocumentEventsDeps = {
  readonly session: CdpSession
  readonly emitter: EventEmitter
  readonly mainFrameId: string
  readonly toApp: (url: string) => string
  /** A new document is in the main frame. */
  readonly onCommit: (pageUrl: string, loaderId: string) => void
  /** The document of the main frame has loaded; resolves when the app may know. */
  readonly onLoaded: (loaderId: string) => Promise<void>
  readonly onCrashed: () => void
}

const levels: Readonly<Record<string, 'info' | 'warning' | 'error' | 'debug'>> = {
  warning: 'warning',
  error: 'error',
  assert: 'error',
  debug: 'debug',
}

function listenToLoading({ session, emitter, mainFrameId, ...deps }: DocumentEventsDeps): void {
  const isMain = (frameId: string): boolean => frameId === mainFrameId
  let loaderId = ''

  session.on('Page.frameStartedNavigating', ({ frameId, url, navigationType }) => {
    const isSameDocument = /sameDocument/i.test(navigationType)
    const event = createEvent({ url: deps.toApp(url), isSameDocument, isMainFrame: isMain(frameId) })
    emitter.emit('did-start-navigation', event, event.url, isSameDocument, event.isMainFrame)
  })
  session.on('Page.frameStartedLoading', ({ frameId }) => {
    if (isMain(frameId)) emitter.emit('did-start-loading', createEvent())
  })
  session.on('Page.frameNavigated', ({ frame }) => {
    const url = deps.toApp(frame.url + (frame.urlFragment ?? ''))
    if (isMain(frame.id)) {
      loaderId = frame.loaderId
      deps.onCommit(frame.url, loaderId)
      emitter.emit('did-navigate', createEvent(), url, -1, '')
    }
    emitter.emit('did-frame-navigate', createEvent(), url, -1, '', isMain(frame.id))
  })
  session.on('Page.navigatedWithinDocument', ({ frameId, url }) => {
    emitter.emit('did-navigate-in-page', createEvent(), deps.toApp(url), isMain(frameId))
  })
  session.on('Page.domContentEventFired', () => {
    emitter.emit('dom-ready', createEvent())
  })
  session.on('Page.loadEventFired', () => {
    void deps.onLoaded(loaderId).then(() => emitter.emit('did-finish-load', createEvent()))
  })
  session.on('Page.frameStoppedLoading', ({ frameId }) => {
    if (isMain(frameId)) emitter.emit('did-stop-loading', createEvent())
  })
}

export function listenToDocuments(deps: DocumentEventsDeps): void {
  const { session, emitter } = deps
  listenToLoading(deps)
  session.on('Runtime.consoleAPICalled', ({ type, args, stackTrace }) => {
    const message = args.map((arg) => String(arg.value ?? arg.description ?? '')).join(' ')
    const place = stackTrace?.callFrames[0]
    const level = levels[type] ?? 'info'
    emitter.emit(
      'console-message',
      createEvent({ level, message, lineNumber: place?.lineNumber ?? 0, sourceId: place?.url ?? '' }),
    )
  })
  session.on('Inspector.targetCrashed', () => {
    deps.onCrashed()
    emitter.emit('render-process-gone', createEvent(), { reason: 'crashed', exitCode: 5 })
  })
}
