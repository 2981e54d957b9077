// Who wants to know that something changed. Lists are sent whole, so bursts are gathered: the first change goes out at once, later ones
// within a tenth of a second, and nothing is built when nobody listens.
import type { UiEventName, UiEvents } from '../../shared/contract/ui-api.ts'
import type { Clock, Logger } from './ports.ts'

const GATHER_MS = 100

type Listener = (value: never) => void

/** A right may have ended: by a change, by time, by a lock. */
export type PermissionsChange = {
  /** Only this connection's; null: any. */
  connectionId: string | null
  /** The connection has been given to another account. */
  isOtherAccount: boolean
}

export type Events = {
  on<Name extends UiEventName>(name: Name, listener: (value: UiEvents[Name]) => void): () => void
  emit<Name extends UiEventName>(name: Name, value: UiEvents[Name]): void
  /** Announces a change; `build` makes the value when it is sent. */
  changed<Name extends UiEventName>(name: Name, build: () => UiEvents[Name]): void
  /** Tells at once: whoever made the change is answered after every listener has run. */
  permissionsChanged(change?: PermissionsChange): void
  onPermissionsChanged(listener: (change: PermissionsChange) => void): () => void
  close(): void
}

const ANY: PermissionsChange = { connectionId: null, isOtherAccount: false }

export function createEvents({ clock, logger }: { clock: Clock; logger: Logger }): Events {
  const listeners = new Map<UiEventName, Set<Listener>>()
  const waiting = new Map<UiEventName, () => void>()
  const freeAt = new Map<UiEventName, number>()
  const permissionListeners = new Set<(change: PermissionsChange) => void>()

  const emit: Events['emit'] = (name, value) => {
    for (const listener of listeners.get(name) ?? []) {
      try {
        listener(value as never)
      } catch (error) {
        logger.error('A listener failed', { event: name, error })
      }
    }
  }

  return {
    on(name, listener) {
      const set = listeners.get(name) ?? new Set()
      listeners.set(name, set)
      set.add(listener)
      return () => set.delete(listener)
    },
    emit,
    changed(name, build) {
      if (waiting.has(name) || (listeners.get(name)?.size ?? 0) === 0) return
      const send = (): void => {
        waiting.delete(name)
        const startedAt = clock.monotonicMs()
        emit(name, build())
        const endedAt = clock.monotonicMs()
        // A list of ten thousand takes its time; never more than a tenth of all time goes into it.
        freeAt.set(name, endedAt + Math.max(GATHER_MS, 10 * (endedAt - startedAt)))
      }
      const waitMs = (freeAt.get(name) ?? 0) - clock.monotonicMs()
      if (waitMs > 0) {
        waiting.set(name, clock.after(waitMs, send))
        return
      }
      // Not this very moment: a change is often followed by another in the same turn.
      waiting.set(name, () => undefined)
      queueMicrotask(() => {
        if (waiting.has(name)) send()
      })
    },
    permissionsChanged(change = ANY) {
      for (const listener of permissionListeners) listener(change)
    },
    onPermissionsChanged(listener) {
      permissionListeners.add(listener)
      return () => permissionListeners.delete(listener)
    },
    close() {
      for (const cancel of waiting.values()) cancel()
      waiting.clear()
      listeners.clear()
    },
  }
}
