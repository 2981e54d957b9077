import { EventEmitter } from 'node:events'
import type { IpcMain, IpcMainInvokeEvent } from 'electron'
import { strict } from '../strict.ts'

export type InvokeHandler = Parameters<IpcMain['handle']>[1]

export type IpcReceiver = {
  /** What the app holds: `ipcMain` or `webContents.ipc`. */
  readonly ipc: IpcMain
  find(channel: string): InvokeHandler | undefined
  emit(channel: string, event: object, args: readonly unknown[]): void
}

export function createIpcReceiver(name: string): IpcReceiver {
  const emitter = new EventEmitter()
  const handlers = new Map<string, InvokeHandler>()
  const handle = (channel: string, handler: InvokeHandler): void => {
    if (handlers.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`)
    if (typeof handler !== 'function')
      throw new TypeError(`Expected handler to be a function, but found type '${typeof handler}'`)
    handlers.set(channel, handler)
  }
  const members = {
    handle,
    handleOnce: (channel: string, handler: InvokeHandler) => {
      handle(channel, (event: IpcMainInvokeEvent, ...args: unknown[]): unknown => {
        handlers.delete(channel)
        return handler(event, ...args)
      })
    },
    removeHandler: (channel: string) => {
      handlers.delete(channel)
    },
  }
  return {
    ipc: strict(name, Object.assign(emitter, members)),
    find: (channel) => handlers.get(channel),
    // An 'error' channel without a listener must not throw, as in Electron.
    emit: (channel, event, args) => {
      if (emitter.listenerCount(channel) > 0) emitter.emit(channel, event, ...args)
    },
  }
}
