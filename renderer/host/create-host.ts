import { createDesktopHost } from './desktop-host.ts'
import type { Host, HostWords } from './host.ts'
import { createWebHost } from './web-host.ts'

/** The preload's bridge where there is one, the server that served this page otherwise. */
export function createHost(window: Window, words: HostWords): Host {
  if (window.keyway !== undefined) return createDesktopHost(window.keyway, words)
  return createWebHost({
    base: '',
    words,
    fetch: (input, init) => window.fetch(input, init),
    openEvents: (url) => new EventSource(url),
    onVisible(listener) {
      const whenVisible = (): void => {
        if (window.document.visibilityState === 'visible') listener()
      }
      window.document.addEventListener('visibilitychange', whenVisible)
      return () => window.document.removeEventListener('visibilitychange', whenVisible)
    },
  })
}
