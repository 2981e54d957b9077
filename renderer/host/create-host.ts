import type { UiEventName, UiEvents } from '../../shared/contract/ui-api.ts'
import { openServerEvents } from './events.ts'
import { failureResult, type Host, type HostWords, parseUiResult } from './host.ts'
import { createWebHost, createCsrfToken } from './web-host.ts'

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

/** The window inside Electron. The main process always exists, so the connection is never lost. */
function createDesktopHost(bridge: DesktopBridge, words: HostWords): Host {
  return {
    kind: 'desktop',
    capabilities: { loginItem: true, notifications: true },
    async call(name, input) {
      try {
        return parseUiResult(await bridge.call(name, input))
      } catch {
        // The bridge returns failures as values; a rejection means that the main process itself failed.
        return { ok: false, failure: failureResult('internal_error', words.callBroken) }
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

/** The preload's bridge in Electron, otherwise the server that served this page. */
export function createHost(window: Window, words: HostWords): Host {
  if (window.keyway !== undefined) return createDesktopHost(window.keyway, words)
  const proof = createCsrfToken(window)
  const fetch: typeof window.fetch = (input, init) => window.fetch(input, init)
  return createWebHost({
    base: '',
    words,
    fetch,
    proof,
    openEvents: (url) =>
      openServerEvents(url, { fetch, headers: () => ({ 'x-keyway-window': proof.current() }) }),
    onVisible(listener) {
      const whenVisible = (): void => {
        if (window.document.visibilityState === 'visible') listener()
      }
      window.document.addEventListener('visibilitychange', whenVisible)
      return () => window.document.removeEventListener('visibilitychange', whenVisible)
    },
  })
}
