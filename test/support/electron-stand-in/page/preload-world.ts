// Everything a sandboxed preload finds around itself: require('electron'), process and Electron's
// ipcRenderer. Runs in the preload's isolated world through its source text: it must not refer to anything
// outside itself.
import type { CloneText } from './clone-text.ts'
import type { WorldMembrane } from './world-membrane.ts'

/** From the preload's world to the main process, as JSON through the binding; `args` is clone text. */
export type FromPreload =
  | { kind: 'invoke'; id: number; channel: string; args: string }
  | { kind: 'send'; channel: string; args: string }
  | { kind: 'preload-error'; message: string; stack: string }

/** From the main process to the preload's world. */
export type ToPreload =
  | { kind: 'send'; channel: string; args: string }
  | { kind: 'reply'; id: number; result: string }
  | { kind: 'failure'; id: number; message: string }

export type PreloadFacts = {
  readonly token: string
  readonly platform: string
  readonly arch: string
  readonly versions: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string>>
  readonly argv: readonly string[]
}

type RunPreload = (
  exports: object,
  require: (name: string) => unknown,
  module: { exports: object },
  process: unknown,
) => void

export function startPreloadWorld(
  facts: PreloadFacts,
  clone: CloneText,
  membrane: WorldMembrane,
  post: (text: string) => void,
  runPreload: RunPreload,
): void {
  type Listener = (event: object, ...args: unknown[]) => void
  const listeners = new Map<string, Array<{ listener: Listener; isOnce: boolean }>>()
  const calls = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  let lastCall = 0

  const tell = (message: FromPreload): void => {
    post(JSON.stringify(message))
  }

  const onlyKnown = <Target extends object>(name: string, target: Target): Target =>
    new Proxy(target, {
      get(object, key, receiver): unknown {
        if (typeof key === 'symbol' || key in object || key === 'then' || key === 'toJSON') {
          return Reflect.get(object, key, receiver)
        }
        throw new Error(`The Electron stand-in has no ${name}.${key} in a sandboxed preload.`)
      },
    })

  const add = (channel: string, listener: Listener, isOnce: boolean): void => {
    listeners.set(channel, [...(listeners.get(channel) ?? []), { listener, isOnce }])
  }
  const remove = (channel: string, listener: Listener): void => {
    const all = listeners.get(channel) ?? []
    const index = all.findLastIndex((entry) => entry.listener === listener)
    if (index !== -1) listeners.set(channel, all.toSpliced(index, 1))
  }
  const unsupported = (name: string) => (): never => {
    throw new Error(`ipcRenderer.${name} is not supported by the Electron stand-in.`)
  }

  const ipcRenderer: object = onlyKnown('ipcRenderer', {
    on: (channel: string, listener: Listener) => {
      add(channel, listener, false)
      return ipcRenderer
    },
    addListener: (channel: string, listener: Listener) => {
      add(channel, listener, false)
      return ipcRenderer
    },
    once: (channel: string, listener: Listener) => {
      add(channel, listener, true)
      return ipcRenderer
    },
    off: (channel: string, listener: Listener) => {
      remove(channel, listener)
      return ipcRenderer
    },
    removeListener: (channel: string, listener: Listener) => {
      remove(channel, listener)
      return ipcRenderer
    },
    removeAllListeners: (channel?: string) => {
      if (channel === undefined) listeners.clear()
      else listeners.delete(channel)
      return ipcRenderer
    },
    listenerCount: (channel: string) => listeners.get(channel)?.length ?? 0,
    send: (channel: string, ...args: unknown[]) => {
      tell({ kind: 'send', channel, args: clone.encode(args) })
    },
    invoke: (channel: string, ...args: unknown[]) => {
      const encoded = clone.encode(args)
      return new Promise((resolve, reject) => {
        const id = ++lastCall
        calls.set(id, { resolve, reject })
        tell({ kind: 'invoke', id, channel, args: encoded })
      })
    },
    sendSync: unsupported('sendSync'),
    sendToHost: unsupported('sendToHost'),
    postMessage: unsupported('postMessage'),
  })

  const receive = (message: ToPreload): void => {
    if (message.kind === 'send') {
      const args = clone.decode(message.args) as unknown[]
      for (const entry of listeners.get(message.channel) ?? []) {
        if (entry.isOnce) remove(message.channel, entry.listener)
        entry.listener({ sender: ipcRenderer, ports: [] }, ...args)
      }
      return
    }
    const call = calls.get(message.id)
    calls.delete(message.id)
    if (message.kind === 'reply') call?.resolve(clone.decode(message.result))
    else call?.reject(new Error(message.message))
  }
  Object.defineProperty(globalThis, facts.token, { value: receive })

  const electron = onlyKnown('electron', {
    contextBridge: onlyKnown('contextBridge', { exposeInMainWorld: membrane.expose }),
    ipcRenderer,
    webFrame: onlyKnown('webFrame', {}),
    crashReporter: onlyKnown('crashReporter', {}),
    nativeImage: onlyKnown('nativeImage', {}),
  })
  const requirePreload = (name: string): unknown => {
    if (name === 'electron' || name === 'electron/renderer' || name === 'electron/common') return electron
    throw new Error(`module not found: ${name} (a sandboxed preload can require electron only)`)
  }
  const processFacts = onlyKnown('process', {
    type: 'renderer',
    sandboxed: true,
    contextIsolated: true,
    isMainFrame: true,
    platform: facts.platform,
    arch: facts.arch,
    versions: facts.versions,
    env: facts.env,
    argv: facts.argv,
  })

  try {
    const module = { exports: {} }
    runPreload(module.exports, requirePreload, module, processFacts)
  } catch (error) {
    const { message, stack } = error instanceof Error ? error : new Error(String(error))
    tell({ kind: 'preload-error', message, stack: stack ?? '' })
  }
}
