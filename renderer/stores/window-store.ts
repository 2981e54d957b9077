// A mirror of Keyway's state. It holds no rules: a snapshot sets it, an event replaces one part of it.
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { ErrorBody } from '../../shared/contract/errors.ts'
import { uiEventNames, type Snapshot, type UiEventName } from '../../shared/contract/ui-api.ts'
import type { Host, LinkState } from '../host/host.ts'

export type WindowState = {
  link: LinkState
  snapshot: Snapshot | null
  /** Why there is no snapshot. */
  failure: ErrorBody | null
}

/** The parts of the snapshot that events replace. */
export type MirroredPart = Exclude<UiEventName, 'activity' | 'navigate' | 'presenceNotice'>
const mirroredParts = uiEventNames.filter(
  (name): name is MirroredPart => name !== 'activity' && name !== 'navigate' && name !== 'presenceNotice',
)

export type WindowStore = StoreApi<WindowState> & {
  /** Starts mirroring; returns a function that stops it. */
  start(): () => void
  reload(): Promise<void>
}

export function createWindowStore(host: Host): WindowStore {
  const store = createStore<WindowState>(() => ({ link: 'connecting', snapshot: null, failure: null }))
  // Events that arrive while a snapshot is loading are at least as new as it, so they are applied to it
  // afterwards.
  let underway: Map<MirroredPart, unknown> | null = null

  async function reload(): Promise<void> {
    const meanwhile = new Map<MirroredPart, unknown>()
    underway = meanwhile
    const answer = await host.call('snapshot.get', undefined)
    if (underway !== meanwhile) return
    underway = null
    if (answer.ok) {
      store.setState({ snapshot: { ...answer.value, ...Object.fromEntries(meanwhile) }, failure: null })
    } else {
      store.setState({ failure: answer.failure })
    }
  }

  return {
    ...store,
    reload,
    start() {
      const ends = mirroredParts.map((part) =>
        host.subscribe(part, (data) => {
          underway?.set(part, data)
          const { snapshot } = store.getState()
          if (snapshot !== null) store.setState({ snapshot: { ...snapshot, [part]: data } })
        }),
      )
      ends.push(
        host.watchLink((link) => {
          store.setState({ link })
          if (link === 'online') void reload()
        }),
      )
      return () => {
        for (const end of ends) end()
      }
    },
  }
}
