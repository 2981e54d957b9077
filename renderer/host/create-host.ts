import { createDesktopHost } from './desktop-host.ts'
import type { Host, HostWords } from './host.ts'
import { openServerEvents } from './events.ts'
import { createWebHost, createWindowProof } from './web-host.ts'

/** The preload's bridge where there is one, the server that served this page otherwise. */
export function createHost(window: Window, words: HostWords): Host {
  if (window.keyway !== undefined) return createDesktopHost(window.keyway, words)
  const proof = createWindowProof(window)
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
