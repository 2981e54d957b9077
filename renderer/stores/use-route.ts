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

/** Goes on from the address of something that is gone; who is somewhere else already is left there. */
export function leaveGone(address: string, to: Route): void {
  if (window.location.hash.startsWith(address)) replaceRoute(to)
}

/** Changes the address without a step in the history, for filters and redirects. */
export function replaceRoute(route: Route): void {
  window.history.replaceState(null, '', hrefOf(route))
  window.dispatchEvent(new HashChangeEvent('hashchange'))
}
