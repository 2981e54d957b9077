import { EventEmitter } from 'node:events'
import type { WebFrameMain } from 'electron'
import type { CdpSession } from '../chromium/cdp.ts'
import { strict } from '../strict.ts'
import { evaluate } from './evaluate.ts'
import type { FrameState, FrameTree } from './frame-tree.ts'

export type WebFrames = {
  /** The same object for the same frame, as Electron keeps it. */
  of(frame: FrameState): WebFrameMain
}

export type WebFrameDeps = {
  readonly frames: FrameTree
  readonly session: () => CdpSession
  readonly toApp: (url: string) => string
  readonly send: (frame: FrameState, channel: string, args: readonly unknown[]) => void
}

/** Electron's process ids are Chromium's internal ones; the stand-in has one renderer to speak of. */
export const rendererProcessId = 1

export function createWebFrames(deps: WebFrameDeps): WebFrames {
  const known = new Map<string, WebFrameMain>()

  const create = (frameId: string, number: number): WebFrameMain => {
    const state = (): FrameState => {
      const frame = deps.frames.get(frameId)
      if (!frame) throw new Error('Render frame was disposed before WebFrameMain could be accessed')
      return frame
    }
    const parent = (): WebFrameMain | null => {
      const parentFrame = deps.frames.get(state().parentId ?? '')
      return parentFrame ? of(parentFrame) : null
    }
    const members = {
      frameTreeNodeId: number,
      routingId: number,
      frameToken: frameId,
      processId: rendererProcessId,
      isDestroyed: () => deps.frames.get(frameId) === undefined,
      send: (channel: string, ...args: unknown[]) => {
        deps.send(state(), channel, args)
      },
      executeJavaScript: (code: string, userGesture?: boolean) => {
        if (state().parentId !== null)
          throw new Error('The Electron stand-in runs scripts in the main frame only.')
        return evaluate(deps.session(), code, userGesture === true)
      },
    } satisfies Partial<WebFrameMain>
    const frame = Object.defineProperties(Object.assign(new EventEmitter(), members), {
      url: { get: () => deps.toApp(state().url) },
      origin: { get: () => deps.toApp(state().origin) },
      name: { get: () => state().name },
      detached: { get: () => deps.frames.get(frameId) === undefined },
      parent: { get: parent },
      top: { get: () => deps.frames.main() && of(deps.frames.main() as FrameState) },
      frames: { get: () => deps.frames.children(frameId).map((child) => of(child)) },
    })
    return strict('webFrameMain', frame) as unknown as WebFrameMain
  }

  const of = (frame: FrameState): WebFrameMain => {
    const webFrame = known.get(frame.id) ?? create(frame.id, known.size + 1)
    known.set(frame.id, webFrame)
    return webFrame
  }

  return { of }
}
