import type { Route } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { ActivityScreen } from '../activity/activity-screen.tsx'
import { AddByUrl } from '../add/add-by-url.tsx'
import { AddConnection } from '../add/add-connection.tsx'
import { ImportProviders } from '../add/import-providers.tsx'
import { RegisterProvider } from '../add/register-provider.tsx'
import { AppScreen } from '../apps/app-screen.tsx'
import { AppsScreen } from '../apps/apps-screen.tsx'
import { NewApp } from '../apps/new-app.tsx'
import { ConnectionScreen } from '../connections/connection-screen.tsx'
import { ConnectionsScreen } from '../connections/connections-screen.tsx'
import { ProviderScreen } from '../providers/provider-screen.tsx'
import { ProvidersScreen } from '../providers/providers-screen.tsx'
import { SettingsScreen } from '../settings/settings-screen.tsx'
import { RehearsalScreen } from '../rehearsal/rehearsal-screen.tsx'
import { NothingHere } from './nothing-here.tsx'
import { SignInScreen } from '../sign-in/sign-in-screen.tsx'

export function Screen({ route }: { route: Route }) {
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
      return <ProviderScreen key={route.id} id={route.id} tab={route.tab} />
    case 'apps':
      return <AppsScreen />
    case 'new-app':
      return <NewApp />
    case 'app':
      return <AppScreen key={route.id} id={route.id} />
    case 'activity':
      return <ActivityScreen filter={route.filter} />
    case 'settings':
      return <SettingsScreen section={route.section} />
    default:
      return <NothingHere title={text.shell.notFoundTitle} detail={text.shell.notFoundLead(route.path)} />
  }
}
