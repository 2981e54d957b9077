import { asKeywayError, type KeywayError } from '../../shared/contract/errors.ts'
import { planRedirect } from '../../shared/domain/redirect-uri.ts'
import { createAppParts, type AppParts } from './apps/app-parts.ts'
import { type ConnectionParts, createConnectionParts } from './connections/wiring.ts'
import { createEvents, type Events } from './events.ts'
import type { KeywayDeps } from './keyway-deps.ts'
import { createProviderBook, type ProviderBook } from './providers/provider-book.ts'
import { createProviders, type PlanRedirect, type ProviderRegistry } from './providers/create-providers.ts'
import { createRehearsals, type Rehearsals } from './rehearsals/create-rehearsals.ts'
import { secretBoxOf } from './secret-box.ts'
import { createServerState, type ServerState } from './server-state.ts'
import { createSettings, type SettingsBook } from './settings.ts'
import { createSettingsChange, type SettingsChange } from './settings-change.ts'

export type Parts = {
  events: Events
  settings: SettingsBook
  server: ServerState
  providerBook: ProviderBook
  providers: ProviderRegistry
  connections: ConnectionParts
  apps: AppParts
  planRedirect: PlanRedirect
  rehearsals: Rehearsals
  settingsChange: SettingsChange
}

/** Every part of the core, once. Nothing is read from the disk but the small documents. */
export function buildParts(deps: KeywayDeps): Parts {
  const box = secretBoxOf(deps.vault, deps.integrity?.gate)
  const onUnreadable = deps.damages.addUnreadable
  const documents = smallDocuments(deps)
  const { events, server, settings, providerBook, planRedirect: plan } = documents
  const connections = createConnectionParts({
    ...deps,
    store: deps.stores.connections,
    providers: providerBook,
    box,
    planRedirect: plan,
    home: () => ({ port: server.port() ?? settings.get().port, listening: server.view().listening }),
    openDoor: server.openDoor,
    keepClient: (id, client) => providers.keepClient(id, client),
    random: deps.random ?? Math.random,
    onUnreadable,
    onConnectionChanged: (id, kind) => {
      events.permissionsChanged({ connectionId: id, isOtherAccount: kind === 'account' })
      events.changed('connections', () => connections.connections.list())
      if (kind === 'content') return
      // They count connections, and apps name what they miss.
      events.changed('providers', () => providers.list())
      events.changed('apps', () => apps.apps.list())
    },
    onClockJumped: () => apps.apps.timePassed(),
    onFlowsChanged: () => events.changed('flows', () => connections.flows.list()),
  })
  const providers = createProviders({
    ...deps,
    book: providerBook,
    box,
    planRedirect: plan,
    connectionCount: (id) => connections.book.ofProvider(id).length,
    removeConnections: connections.removeOf,
    onChanged: (change) => {
      connections.providerChanged(change)
      events.permissionsChanged()
      events.changed('providers', () => providers.list())
      events.changed('connections', connections.connections.list)
    },
  })
  const apps = createAppParts({
    ...deps,
    store: deps.stores.apps,
    onUnreadable,
    provider: (idOrSlug) => providerBook.byId(idOrSlug) ?? providerBook.bySlug(idOrSlug),
    connectionsOf: connections.book.ofProvider,
    connection: (id) => connections.book.get(id),
    isUnlocked: () => box.unlocked,
    blocked: (id) => failureOf(() => deps.integrity?.gate.app(id)),
    onLockedAsk: () => events.changed('lockedAsks', () => apps.approvals.lockedAsks()),
    onAppsChanged: () => {
      events.permissionsChanged()
      events.changed('apps', () => apps.apps.list())
    },
    onExpired: events.permissionsChanged,
    onApprovalsChanged: () => events.changed('approvals', () => apps.approvals.list()),
  })
  const apart = setApart(deps, { ...documents, providers })
  return { ...documents, ...apart, providers, connections, apps }
}

function failureOf(check: () => void): KeywayError | null {
  try {
    check()
    return null
  } catch (error) {
    return asKeywayError(error)
  }
}

type Documents = Pick<Parts, 'events' | 'server' | 'settings' | 'providerBook' | 'planRedirect'>

function smallDocuments(deps: KeywayDeps): Documents {
  const { clock, logger } = deps
  const events = createEvents({ clock, logger })
  const server = createServerState(deps.host.version, logger)
  const settings = createSettings({
    store: deps.stores.settings,
    logger,
    onUnreadable: deps.damages.addUnreadable,
  })
  settings.onChange((value) => events.changed('settings', () => value))
  const providerBook = createProviderBook({
    store: deps.stores.providers,
    presets: deps.presets,
    logger,
    onUnreadable: deps.damages.addUnreadable,
  })
  return { events, server, settings, providerBook, planRedirect: plannerFor(deps, server, settings) }
}

function setApart(
  deps: KeywayDeps,
  { events, server, settings, providers }: Documents & Pick<Parts, 'providers'>,
): Pick<Parts, 'rehearsals' | 'settingsChange'> {
  const rehearsals: Rehearsals = createRehearsals({
    open: deps.openRehearsal ?? null,
    store: deps.stores.practice ?? null,
    logger: deps.logger,
    providers,
    activity: deps.activity,
    serverPort: () => server.port() ?? settings.get().port,
    onChanged: () => events.changed('rehearsal', () => rehearsals.state()),
  })
  return { rehearsals, settingsChange: createSettingsChange({ settings, serverPort: server.port }) }
}

function plannerFor({ host }: KeywayDeps, server: ServerState, settings: SettingsBook): PlanRedirect {
  return (provider) =>
    planRedirect({
      ...provider,
      port: server.port() ?? settings.get().port,
      customSchemeWorks: host.customSchemeWorks?.() ?? false,
    })
}
