// What is loaded in each frame of a page, told by Chromium and not by the page.
import type { CdpSession } from '../chromium/cdp.ts'
import type { Protocol } from '../chromium/protocol.ts'
import { preloadWorldName } from '../page/page-scripts.ts'

export type FrameState = {
  readonly id: string
  readonly parentId: string | null
  /** Addresses are Chromium's; the custom schemes are translated where the app looks. */
  readonly url: string
  readonly origin: string
  readonly name: string
  /** Changes with every document. */
  readonly loaderId: string
  /** The world of the preload in the current document. */
  readonly preloadContextId: number | null
}

export type FrameTree = {
  listen(session: CdpSession, mainFrameId: string): void
  /** Undefined until Chromium has made the page. */
  main(): FrameState | undefined
  get(frameId: string): FrameState | undefined
  children(frameId: string): readonly FrameState[]
  /** The frame whose preload runs in that context. */
  ofContext(contextId: number): FrameState | undefined
}

function readFrame(frame: Protocol.Page.Frame): Omit<FrameState, 'preloadContextId'> {
  // Chromium writes an opaque origin as "://".
  const origin = frame.securityOrigin === '://' ? 'null' : frame.securityOrigin
  const url = frame.url + (frame.urlFragment ?? '')
  return {
    id: frame.id,
    parentId: frame.parentId ?? null,
    url,
    origin,
    name: frame.name ?? '',
    loaderId: frame.loaderId,
  }
}

export function createFrameTree(): FrameTree {
  let mainId = ''
  const frames = new Map<string, FrameState>()
  const update = (frameId: string, change: Partial<FrameState>): void => {
    const frame = frames.get(frameId)
    if (frame) frames.set(frameId, { ...frame, ...change })
  }
  const removeWithChildren = (frameId: string): void => {
    frames.delete(frameId)
    for (const frame of frames.values()) if (frame.parentId === frameId) removeWithChildren(frame.id)
  }
  const empty = { url: 'about:blank', origin: 'null', name: '', loaderId: '', preloadContextId: null }

  const listenToFrames = (session: CdpSession): void => {
    session.on('Page.frameAttached', ({ frameId, parentFrameId }) => {
      frames.set(frameId, { id: frameId, parentId: parentFrameId, ...empty })
    })
    session.on('Page.frameNavigated', ({ frame }) => {
      for (const child of frames.values()) if (child.parentId === frame.id) removeWithChildren(child.id)
      frames.set(frame.id, { ...readFrame(frame), preloadContextId: null })
    })
    session.on('Page.navigatedWithinDocument', ({ frameId, url }) => {
      update(frameId, { url })
    })
    session.on('Page.frameDetached', ({ frameId, reason }) => {
      // A swap is the same frame going to another process.
      if (reason === 'remove') removeWithChildren(frameId)
    })
  }

  const listenToWorlds = (session: CdpSession): void => {
    session.on('Runtime.executionContextCreated', ({ context }) => {
      if (context.name !== preloadWorldName) return
      const { frameId } = context.auxData as { frameId?: string }
      if (frameId !== undefined) update(frameId, { preloadContextId: context.id })
    })
    session.on('Runtime.executionContextDestroyed', ({ executionContextId }) => {
      for (const frame of frames.values()) {
        if (frame.preloadContextId === executionContextId) update(frame.id, { preloadContextId: null })
      }
    })
    session.on('Runtime.executionContextsCleared', () => {
      for (const frame of frames.values()) update(frame.id, { preloadContextId: null })
    })
  }

  return {
    listen: (session, mainFrameId) => {
      mainId = mainFrameId
      frames.set(mainFrameId, { id: mainFrameId, parentId: null, ...empty })
      listenToFrames(session)
      listenToWorlds(session)
    },
    main: () => frames.get(mainId),
    get: (frameId) => frames.get(frameId),
    children: (frameId) => [...frames.values()].filter((frame) => frame.parentId === frameId),
    ofContext: (contextId) => [...frames.values()].find((frame) => frame.preloadContextId === contextId),
  }
}
