import { Suspense, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { text } from '../../lib/text.ts'
import { navigate, useRoute } from '../../stores/use-route.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { WithApprovals } from '../approvals/approval-panel.tsx'
import { ConnectionDialogs } from '../connections/connection-dialogs.tsx'
import { Banners } from './banners.tsx'
import { BottomBar, Sidebar, TopBar } from './sidebar.tsx'
import { preloadScreens, LazyPalette } from './lazy-screens.ts'
import { Screen, useKeepScroll } from './screen.tsx'

/** The layout around every screen of an unlocked Keyway. */
export function Shell() {
  const route = useRoute()
  const { connections } = useSnapshot()
  const [searching, setSearching] = useState(false)
  const attention = connections.filter(
    ({ lastOutcome: { status } }) => status === 'reconnect_needed' || status === 'config_error',
  ).length
  const scroller = useRef<HTMLDivElement>(null)
  useKeepScroll(scroller, route)
  usePaletteKey(() => setSearching((now) => !now))
  useEffect(() => {
    const idle = requestIdleCallback(preloadScreens, { timeout: 2000 })
    return () => cancelIdleCallback(idle)
  }, [])
  useEffect(() => {
    if (window.location.hash === '') navigate({ name: 'connections' })
  }, [])

  return (
    <WithApprovals>
      <div className="flex h-full flex-col">
        <a
          href="#content"
          onClick={(event) => {
            event.preventDefault()
            scroller.current?.querySelector<HTMLElement>('[data-page-title]')?.focus()
          }}
          className="bg-accent-fill text-on-accent absolute top-2 left-2 z-70 -translate-y-20 rounded-md px-3 py-1.5 text-sm font-medium focus:translate-y-0"
        >
          {text.shell.skip}
        </a>
        <TopBar onSearch={() => setSearching(true)} />
        <div className="flex min-h-0 flex-1">
          <Sidebar route={route} attention={attention} onSearch={() => setSearching(true)} />
          <div className="flex min-w-0 flex-1 flex-col">
            <Banners route={route} />
            <main
              id="content"
              ref={scroller}
              data-scroller=""
              className="min-h-0 flex-1 overflow-y-auto overscroll-contain"
            >
              <ConnectionDialogs>
                <Screen route={route} />
              </ConnectionDialogs>
            </main>
          </div>
        </div>
        <BottomBar route={route} attention={attention} />
        <Suspense fallback={null}>
          <LazyPalette open={searching} onClose={() => setSearching(false)} />
        </Suspense>
      </div>
    </WithApprovals>
  )
}

function usePaletteKey(toggle: () => void): void {
  const latest = useRef(toggle)
  useEffect(() => {
    latest.current = toggle
  })
  // Before the first paint, because a visible window may receive keys at once.
  useLayoutEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (
        event.key.toLowerCase() !== 'k' ||
        !(event.metaKey || event.ctrlKey) ||
        event.altKey ||
        event.shiftKey
      )
        return
      event.preventDefault()
      latest.current()
    }
    window.addEventListener('keydown', onKeyDown)
    return () => window.removeEventListener('keydown', onKeyDown)
  }, [])
}
