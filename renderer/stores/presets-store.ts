import { createStore, type StoreApi } from 'zustand/vanilla'
import type { ErrorBody } from '../../shared/contract/errors.ts'
import type { Preset } from '../../shared/contract/preset.ts'
import type { Host } from '../host/host.ts'

export type PresetsState = {
  presets: readonly Preset[] | null
  bySlug: ReadonlyMap<string, Preset>
  failure: ErrorBody | null
}

export type PresetsStore = StoreApi<PresetsState> & { load(): Promise<void> }

/** The presets: they never change while Keyway runs, so they are requested once. */
export function createPresetsStore(host: Host): PresetsStore {
  const store = createStore<PresetsState>(() => ({ presets: null, bySlug: new Map(), failure: null }))
  let loading = false
  return {
    ...store,
    async load() {
      if (loading || store.getState().presets !== null) return
      loading = true
      const answer = await host.call('presets.list', undefined)
      loading = false
      if (answer.ok) {
        const presets = answer.value
        store.setState({
          presets,
          bySlug: new Map(presets.map((preset) => [preset.slug, preset])),
          failure: null,
        })
      } else {
        store.setState({ failure: answer.failure })
      }
    },
  }
}
