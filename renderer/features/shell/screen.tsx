import { Suspense } from 'react'
import type { Route } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { ConnectionsScreen } from '../connections/connections-screen.tsx'
import {
  ActivityScreen,
  AddByUrl,
  AddConnection,
  AppScreen,
  AppsScreen,
  ConnectionScreen,
  ImportProviders,
  IntegrityScreen,
  NewApp,
  ProviderScreen,
  ProvidersScreen,
  RegisterProvider,
  RehearsalScreen,
  SettingsScreen,
  SignInScreen,
} from './later-screens.ts'
import { NothingHere } from './nothing-here.tsx'

/** What the address says. The first screen is at hand, the others come in their own files and are fetched ahead when there is time. */
export function Screen({ route }: { route: Route }) {
  return <Suspense fallback={null}>{contentOf(route)}</Suspense>
}

function contentOf(route: Route) {
  switch (route.name) {
    case 'connections':
      return <ConnectionsScreen />
    case 'connection':
      return <ConnectionScreen key={route.id} id={route.id} />
    case 'add':
      return <AddConnection query={route.query} />
    case 'add-url':
      return <AddByUrl url={route.url} />
    case 'register':
      return <RegisterProvider key={route.preset ?? ''} presetSlug={route.preset} />
    case 'import':
      return <ImportProviders />
    case 'rehearsal':
      return <RehearsalScreen />
    case 'sign-in':
      return <SignInScreen key={route.flowId} flowId={route.flowId} />
    case 'providers':
      return <ProvidersScreen />
    case 'provider':
      return <ProviderScreen key={route.id} id={route.id} tab={route.tab} field={route.field} />
    case 'apps':
      return <AppsScreen />
    case 'new-app':
      return (
        <NewApp
          key={`${route.connectionId ?? ''}:${route.needs ?? ''}`}
          connectionId={route.connectionId}
          needs={route.needs}
        />
      )
    case 'app':
      return <AppScreen key={route.id} id={route.id} />
    case 'activity':
      return <ActivityScreen filter={route.filter} />
    case 'integrity':
      return <IntegrityScreen />
    case 'settings':
      return <SettingsScreen section={route.section} />
    default:
      return <NothingHere title={text.shell.notFoundTitle} detail={text.shell.notFoundLead(route.path)} />
  }
}
