// The window's only interface: call() and subscribe(). No Electron object is exposed, and the main process
// validates every message again.
import { contextBridge, ipcRenderer } from 'electron'
import { CALL_CHANNEL, EVENT_CHANNEL } from '../desktop/channels.ts'

type Listener = (value: unknown) => void

const listeners = new Map<string, Set<Listener>>()

ipcRenderer.on(EVENT_CHANNEL, (_event, name: unknown, value: unknown) => {
  if (typeof name !== 'string') return
  for (const listener of listeners.get(name) ?? []) listener(value)
})

contextBridge.exposeInMainWorld('keyway', {
  call: (name: unknown, input: unknown): Promise<unknown> =>
    ipcRenderer.invoke(CALL_CHANNEL, String(name), input),
  subscribe: (name: unknown, listener: Listener): (() => void) => {
    const key = String(name)
    const of = listeners.get(key) ?? new Set()
    listeners.set(key, of.add(listener))
    return () => {
      of.delete(listener)
    }
  },
})
