// IPC between the preload's world of a window and the main process.
import type { IpcMainEvent, IpcMainInvokeEvent, WebContents } from 'electron'
import { z } from 'zod'
import type { CdpSession } from '../chromium/cdp.ts'
import { createEvent } from '../electron-event.ts'
import type { CloneText } from '../page/clone-text.ts'
import { bindingName, preloadWorldName } from '../page/page-scripts.ts'
import type { FromPreload, ToPreload } from '../page/preload-world.ts'
import type { FrameState, FrameTree } from './frame-tree.ts'
import type { IpcReceiver } from './ipc-main.ts'
import { rendererProcessId, type WebFrames } from './web-frame-main.ts'

export type RendererChannel = {
  listen(session: CdpSession): Promise<void>
  /** Lost when the frame has no preload (yet), as in Electron. */
  send(frame: FrameState, channel: string, args: readonly unknown[]): void
}

export type RendererChannelDeps = {
  readonly token: string
  readonly clone: CloneText
  readonly frames: FrameTree
  readonly webFrames: WebFrames
  readonly contents: () => WebContents
  /** In the order in which they are asked: the window's own, then the app's. */
  readonly receivers: readonly IpcReceiver[]
  readonly onPreloadError: (error: Error) => void
}

const fromPreloadSchema: z.ZodType<FromPreload> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('invoke'), id: z.number(), channel: z.string(), args: z.string() }),
  z.object({ kind: z.literal('send'), channel: z.string(), args: z.string() }),
  z.object({ kind: z.literal('preload-error'), message: z.string(), stack: z.string() }),
])

export function createRendererChannel(deps: RendererChannelDeps): RendererChannel {
  let page: CdpSession | null = null

  const post = (contextId: number, message: ToPreload): void => {
    const expression = `globalThis[${JSON.stringify(deps.token)}](${JSON.stringify(message)})`
    page?.tell('Runtime.evaluate', { expression, contextId })
  }

  /** The frame as it was when the message came; null once another document is in it. */
  const createSenderEvent = (sender: FrameState): object => {
    const webFrame = deps.webFrames.of(sender)
    const event = createEvent({
      type: 'frame',
      sender: deps.contents(),
      processId: rendererProcessId,
      frameId: webFrame.routingId,
    })
    return Object.defineProperty(event, 'senderFrame', {
      enumerable: true,
      get: () => (deps.frames.get(sender.id)?.loaderId === sender.loaderId ? webFrame : null),
    })
  }

  const send: RendererChannel['send'] = (frame, channel, args) => {
    const encoded = deps.clone.encode(args)
    if (frame.preloadContextId !== null)
      post(frame.preloadContextId, { kind: 'send', channel, args: encoded })
  }

  const answer = async (
    message: Extract<FromPreload, { kind: 'invoke' }>,
    sender: FrameState,
  ): Promise<ToPreload> => {
    const { id, channel } = message
    try {
      const receiver = deps.receivers.find((candidate) => candidate.find(channel) !== undefined)
      const handler = receiver?.find(channel)
      if (!handler) throw new Error(`No handler registered for '${channel}'`)
      const args = deps.clone.decode(message.args) as unknown[]
      const result: unknown = await handler(createSenderEvent(sender) as IpcMainInvokeEvent, ...args)
      return { kind: 'reply', id, result: deps.clone.encode(result) }
    } catch (error) {
      console.error(`Error occurred in handler for '${channel}':`, error)
      return { kind: 'failure', id, message: `Error invoking remote method '${channel}': ${String(error)}` }
    }
  }

  const emit = (message: Extract<FromPreload, { kind: 'send' }>, sender: FrameState): void => {
    const args = deps.clone.decode(message.args) as unknown[]
    for (const receiver of deps.receivers) {
      const event = createSenderEvent(sender) as IpcMainEvent
      const reply = (channel: string, ...replyArgs: unknown[]): void => {
        send(sender, channel, replyArgs)
      }
      receiver.emit(message.channel, Object.assign(event, { ports: [], reply }), args)
    }
  }

  return {
    listen: async (session) => {
      page = session
      session.on('Runtime.bindingCalled', ({ name, payload, executionContextId }) => {
        const sender = deps.frames.ofContext(executionContextId)
        if (name !== bindingName || !sender) return
        const message = fromPreloadSchema.parse(JSON.parse(payload))
        if (message.kind === 'send') emit(message, sender)
        else if (message.kind === 'preload-error') {
          deps.onPreloadError(Object.assign(new Error(message.message), { stack: message.stack }))
        } else void answer(message, sender).then((reply) => post(executionContextId, reply))
      })
      await session.send('Runtime.addBinding', { name: bindingName, executionContextName: preloadWorldName })
    },
    send,
  }
}
