import { type RefObject, Suspense, useEffect, useRef } from 'react'
import { isTyping } from '../../lib/browser.ts'
import { hrefOf, type Route } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { ConnectionsScreen } from '../connections/connections-screen.tsx'
import {
  LazyActivityScreen,
  LazyAddByUrl,
  LazyAddConnection,
  LazyAppScreen,
  LazyAppsScreen,
  LazyConnectionScreen,
  LazyImportProviders,
  LazyIntegrityScreen,
  LazyNewApp,
  LazyProviderScreen,
  LazyProvidersScreen,
  LazyRegisterProvider,
  LazyPracticeScreen,
  LazySettingsScreen,
  LazySignInScreen,
} from './lazy-screens.ts'
import { NothingHere } from './nothing-here.tsx'

/**
 * The screen for the current URL. The first one is in the main bundle; the others are loaded in the
 * background.
 */
export function Screen({ route }: { route: Route }) {
  return <Suspense fallback={null}>{contentOf(route)}</Suspense>
}

function contentOf(route: Route) {
  switch (route.name) {
    case 'connections':
      return <ConnectionsScreen />
    case 'connection':
      return <LazyConnectionScreen key={route.id} id={route.id} />
    case 'add':
      return <LazyAddConnection query={route.query} />
    case 'add-url':
      return <LazyAddByUrl url={route.url} />
    case 'register':
      return <LazyRegisterProvider key={route.preset ?? ''} presetSlug={route.preset} />
    case 'import':
      return <LazyImportProviders />
    case 'rehearsal':
      return <LazyPracticeScreen />
    case 'sign-in':
      return <LazySignInScreen key={route.flowId} flowId={route.flowId} />
    case 'providers':
      return <LazyProvidersScreen />
    case 'provider':
      return <LazyProviderScreen key={route.id} id={route.id} tab={route.tab} field={route.field} />
    case 'apps':
      return <LazyAppsScreen />
    case 'new-app':
      return (
        <LazyNewApp
          key={`${route.connectionId ?? ''}:${route.needs ?? ''}`}
          connectionId={route.connectionId}
          needs={route.needs}
        />
      )
    case 'app':
      return <LazyAppScreen key={route.id} id={route.id} />
    case 'activity':
      return <LazyActivityScreen filter={route.filter} />
    case 'integrity':
      return <LazyIntegrityScreen />
    case 'settings':
      return <LazySettingsScreen section={route.section} />
    default:
      return <NothingHere title={text.shell.notFoundTitle} detail={text.shell.notFoundLead(route.path)} />
  }
}

/** Scrolling in steps ends a scroll with each step. */
const SETTLE_MS = 100
const key = (place: string): string => `keyway:scroll:${place}`

/**
 * A new screen starts at its top with the focus on its title, so that a screen reader announces it. Going
 * back and reloading restore the scroll position. A screen with its own first field keeps the focus there.
 */
export function useKeepScroll(scroller: RefObject<HTMLElement | null>, route: Route): void {
  const place = hrefOf(route)
  const screen = route.name
  const lastScreen = useRef<string | null>(null)

  useEffect(() => {
    const element = scroller.current
    if (element === null) return undefined
    const isNew = lastScreen.current !== null && lastScreen.current !== screen
    lastScreen.current = screen
    let timer: ReturnType<typeof setTimeout> | undefined
    const write = (): void => {
      timer = undefined
      sessionStorage.setItem(key(place), String(Math.round(element.scrollTop)))
    }
    const remember = (): void => {
      timer ??= setTimeout(write, SETTLE_MS)
    }
    const stop = whenThere(element, (title) => {
      const stored = Number(sessionStorage.getItem(key(place)) ?? 0)
      element.scrollTo({ top: Number.isFinite(stored) ? stored : 0 })
      const taken = isTyping(document.activeElement) && element.contains(document.activeElement)
      if (isNew && !taken) title.focus({ preventScroll: true })
      element.addEventListener('scrollend', remember)
    })
    return () => {
      stop()
      clearTimeout(timer)
      element.removeEventListener('scrollend', remember)
    }
  }, [scroller, place, screen])
}

/** A screen in its own chunk is rendered a moment later; until then React keeps the previous one, hidden. */
function whenThere(element: HTMLElement, act: (title: HTMLElement) => void): () => void {
  const look = (): boolean => {
    const titles = [...element.querySelectorAll<HTMLElement>('[data-page-title]')]
    const title = titles.find((each) => each.checkVisibility())
    if (title !== undefined) act(title)
    return title !== undefined
  }
  if (look()) return () => undefined
  const observer = new MutationObserver(() => {
    if (look()) observer.disconnect()
  })
  observer.observe(element, { childList: true, subtree: true })
  return () => observer.disconnect()
}
