import Store from 'electron-store'
import { confOptions, createGuardedKv, type GuardedKvDeps } from '../core/storage/document.ts'
import type { KeyValueStore } from '../core/ports.ts'

/** Settings, providers and apps under Electron: the same files that the headless host reads through conf. */
export function createElectronStoreKv(deps: Omit<GuardedKvDeps, 'open'>): KeyValueStore {
  return createGuardedKv({
    ...deps,
    open: ({ cwd, name }) => new Store<Record<string, unknown>>({ ...confOptions, cwd, name }),
  })
}
