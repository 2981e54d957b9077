// Screens in files of their own, so that the first paint does not wait for all of them.
import { lazy } from 'react'

const files = {
  setUp: () => import('./set-up-screens.ts'),
  watch: () => import('./watch-screens.ts'),
}

/** Fetches what is not here yet, so that going somewhere never waits. */
export function fetchLaterScreens(): void {
  for (const fetch of Object.values(files)) {
    // Without the network the screen says so itself when somebody goes there.
    fetch().catch(() => undefined)
  }
}

export const AddByUrl = lazy(() => files.setUp().then(({ AddByUrl: screen }) => ({ default: screen })))
export const AddConnection = lazy(() =>
  files.setUp().then(({ AddConnection: screen }) => ({ default: screen })),
)
export const RegisterProvider = lazy(() =>
  files.setUp().then(({ RegisterProvider: screen }) => ({ default: screen })),
)
export const ImportProviders = lazy(() =>
  files.setUp().then(({ ImportProviders: screen }) => ({ default: screen })),
)
export const SignInScreen = lazy(() =>
  files.setUp().then(({ SignInScreen: screen }) => ({ default: screen })),
)
export const ProviderScreen = lazy(() =>
  files.setUp().then(({ ProviderScreen: screen }) => ({ default: screen })),
)
export const ProvidersScreen = lazy(() =>
  files.setUp().then(({ ProvidersScreen: screen }) => ({ default: screen })),
)
export const NewApp = lazy(() => files.setUp().then(({ NewApp: screen }) => ({ default: screen })))
export const AppScreen = lazy(() => files.setUp().then(({ AppScreen: screen }) => ({ default: screen })))
export const AppsScreen = lazy(() => files.setUp().then(({ AppsScreen: screen }) => ({ default: screen })))
export const RehearsalScreen = lazy(() =>
  files.watch().then(({ RehearsalScreen: screen }) => ({ default: screen })),
)
export const ConnectionScreen = lazy(() =>
  files.watch().then(({ ConnectionScreen: screen }) => ({ default: screen })),
)
export const ActivityScreen = lazy(() =>
  files.watch().then(({ ActivityScreen: screen }) => ({ default: screen })),
)
export const SettingsScreen = lazy(() =>
  files.watch().then(({ SettingsScreen: screen }) => ({ default: screen })),
)
export const IntegrityScreen = lazy(() =>
  files.watch().then(({ IntegrityScreen: screen }) => ({ default: screen })),
)
export const Palette = lazy(() => files.watch().then(({ Palette: screen }) => ({ default: screen })))
export const OpenedDialog = lazy(() =>
  files.watch().then(({ OpenedDialog: dialog }) => ({ default: dialog })),
)
