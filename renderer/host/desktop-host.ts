import type { UiEventName, UiEvents } from '../../shared/contract/ui-api.ts'
import { failureOf, type Host, type HostWords, parseUiResult } from './host.ts'

/** What the preload exposes as `window.keyway`. */
export type DesktopBridge = {
  call(name: string, input: unknown): Promise<unknown>
  subscribe(name: string, listener: (data: unknown) => void): () => void
}

declare global {
  interface Window {
    readonly keyway?: DesktopBridge
  }
}

/** The window inside Electron: the main process is always there, so the link is never lost. */
export function createDesktopHost(bridge: DesktopBridge, words: HostWords): Host {
  return {
    kind: 'desktop',
    capabilities: { loginItem: true, notifications: true },
    async call(name, input) {
      try {
        return parseUiResult(await bridge.call(name, input))
      } catch {
        // The bridge answers failures as values; a rejection means that the main process itself broke off.
        return { ok: false, failure: failureOf('internal_error', words.callBroken) }
      }
    },
    subscribe<Name extends UiEventName>(name: Name, listener: (data: UiEvents[Name]) => void) {
      return bridge.subscribe(name, (data) => listener(data as UiEvents[Name]))
    },
    watchLink(listener) {
      listener('online')
      return () => undefined
    },
    close: () => undefined,
  }
}
