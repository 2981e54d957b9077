import Conf from 'conf'
import { confOptions, createGuardedKv, type GuardedKvDeps } from '../core/storage/document.ts'
import type { KeyValueStore } from '../core/ports.ts'

/** Settings, providers and apps without Electron: conf is electron-store's base class, so both hosts read the same files. */
export function createConfKv(deps: Omit<GuardedKvDeps, 'open'>): KeyValueStore {
  return createGuardedKv({
    ...deps,
    open: ({ cwd, name }) => new Conf<Record<string, unknown>>({ ...confOptions, cwd, configName: name }),
  })
}
