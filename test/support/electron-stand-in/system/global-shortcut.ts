import type { GlobalShortcut } from 'electron'
import { strict } from '../strict.ts'

/** Registered shortcuts are kept; nobody presses them. */
export function createGlobalShortcut(): GlobalShortcut {
  const registered = new Set<string>()
  const members = {
    register: (accelerator: string) => {
      registered.add(accelerator)
      return true
    },
    isRegistered: (accelerator: string) => registered.has(accelerator),
    unregister: (accelerator: string) => {
      registered.delete(accelerator)
    },
    unregisterAll: () => {
      registered.clear()
    },
  } satisfies Partial<GlobalShortcut>
  return strict('globalShortcut', members) as unknown as GlobalShortcut
}
