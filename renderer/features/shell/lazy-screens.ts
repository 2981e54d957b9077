// Screens in chunks of their own, so that the first paint does not wait for all of them.
import { lazy } from 'react'

const files = {
  setUp: () => import('./set-up-screens.ts'),
  watch: () => import('./watch-screens.ts'),
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
