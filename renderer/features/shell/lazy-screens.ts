// Screens in chunks of their own, so that the first paint does not wait for all of them.
import { lazy } from 'react'
import type { WindowStore } from '../../stores/window-store.ts'

type LinkStore = Pick<WindowStore, 'getState' | 'subscribe' | 'reload'>

let store: LinkStore | null = null

/** React loads the chunks without a context, so the store is set once at the start. */
export function loadScreensWith(windowStore: LinkStore): void {
  store = windowStore
}

const files = {
  setUp: () => load(() => import('./set-up-screens.ts')),
  watch: () => load(() => import('./watch-screens.ts')),
}

function load<Chunk>(fetch: () => Promise<Chunk>): Promise<Chunk> {
  return store === null ? fetch() : loadFromKeyway(store, fetch)
}

/**
 * In a browser the chunks come from Keyway, which may stop before all of them are loaded. That is not an
 * error of a screen: the window already states that Keyway is not answering, and the screen follows when it
 * answers again. Rejects when a chunk cannot be loaded although Keyway answers, for instance after an update.
 */
export async function loadFromKeyway<Chunk>(link: LinkStore, fetch: () => Promise<Chunk>): Promise<Chunk> {
  for (;;) {
    try {
      return await fetch()
    } catch (error) {
      // The event stream may not have noticed yet; a call finds out at once.
      await link.reload()
      if (link.getState().link === 'online') throw error
      await whenOnline(link)
    }
  }
}

function whenOnline({ subscribe }: LinkStore): Promise<void> {
  return new Promise((resolve) => {
    const stop = subscribe(({ link }) => {
      if (link !== 'online') return
      stop()
      resolve()
    })
  })
}

/** Loads the remaining chunks, so that navigation does not wait. */
export function preloadScreens(): void {
  for (const fetch of Object.values(files)) {
    // When it fails, the screen reports it on navigation.
    fetch().catch(() => undefined)
  }
}

export const LazyAddByUrl = lazy(() => files.setUp().then(({ AddByUrl: screen }) => ({ default: screen })))
export const LazyAddConnection = lazy(() =>
  files.setUp().then(({ AddConnection: screen }) => ({ default: screen })),
)
export const LazyRegisterProvider = lazy(() =>
  files.setUp().then(({ RegisterProvider: screen }) => ({ default: screen })),
)
export const LazyImportProviders = lazy(() =>
  files.setUp().then(({ ImportProviders: screen }) => ({ default: screen })),
)
export const LazySignInScreen = lazy(() =>
  files.setUp().then(({ SignInScreen: screen }) => ({ default: screen })),
)
export const LazyProviderScreen = lazy(() =>
  files.setUp().then(({ ProviderScreen: screen }) => ({ default: screen })),
)
export const LazyProvidersScreen = lazy(() =>
  files.setUp().then(({ ProvidersScreen: screen }) => ({ default: screen })),
)
export const LazyNewApp = lazy(() => files.setUp().then(({ NewApp: screen }) => ({ default: screen })))
export const LazyAppScreen = lazy(() => files.setUp().then(({ AppScreen: screen }) => ({ default: screen })))
export const LazyAppsScreen = lazy(() =>
  files.setUp().then(({ AppsScreen: screen }) => ({ default: screen })),
)
export const LazyPracticeScreen = lazy(() =>
  files.watch().then(({ PracticeScreen: screen }) => ({ default: screen })),
)
export const LazyConnectionScreen = lazy(() =>
  files.watch().then(({ ConnectionScreen: screen }) => ({ default: screen })),
)
export const LazyActivityScreen = lazy(() =>
  files.watch().then(({ ActivityScreen: screen }) => ({ default: screen })),
)
export const LazySettingsScreen = lazy(() =>
  files.watch().then(({ SettingsScreen: screen }) => ({ default: screen })),
)
export const LazyIntegrityScreen = lazy(() =>
  files.watch().then(({ IntegrityScreen: screen }) => ({ default: screen })),
)
export const LazyPalette = lazy(() => files.watch().then(({ Palette: screen }) => ({ default: screen })))
export const LazyOpenedDialog = lazy(() =>
  files.watch().then(({ OpenedDialog: dialog }) => ({ default: dialog })),
)
