import { useMemo, useSyncExternalStore } from 'react'
import { hrefOf, parseRoute, type Route } from '../lib/route.ts'

function onHashChange(listener: () => void): () => void {
  window.addEventListener('hashchange', listener)
  return () => window.removeEventListener('hashchange', listener)
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(onHashChange, () => window.location.hash)
  return useMemo(() => parseRoute(hash), [hash])
}

export function navigate(route: Route): void {
  window.location.hash = hrefOf(route)
}

/** Leaves the page of something that was deleted; has no effect when another page is shown already. */
export function leaveGone(address: string, to: Route): void {
  if (window.location.hash.startsWith(address)) replaceRoute(to)
}

/** Changes the URL without a history entry, for filters and redirects. */
export function replaceRoute(route: Route): void {
  window.history.replaceState(null, '', hrefOf(route))
  window.dispatchEvent(new HashChangeEvent('hashchange'))
}
