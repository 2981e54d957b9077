// Builds the core: every part once, handed to those that need it. It opens nothing itself; what it is given (stores, vault, journal)
// belongs to whoever opened it.
import type { Preset } from '../../shared/contract/preset.ts'
import type { Snapshot } from '../../shared/contract/ui-api.ts'
import { planRedirect } from '../../shared/domain/redirect-uri.ts'
import { createAutoLock, type AutoLock } from './auto-lock.ts'
import { createAppParts, type AppParts } from './apps/app-parts.ts'
import { createConnectionParts, type ConnectionParts } from './connections/connection-parts.ts'
import type { Damages } from './damages.ts'
import { createEvents, type Events } from './events.ts'
import type { Activity, Keyway } from './keyway.ts'
import type { OAuthClient } from './oauth/oauth-client.ts'
import type { Browser, Clock, HttpFetch, KeyValueStore, Logger, RecordStore } from './ports.ts'
import { createProviderBook, type ProviderBook } from './providers/provider-book.ts'
import { createProviders, type PlanRedirect, type ProviderRegistry } from './providers/create-providers.ts'
import { secretBoxOf } from './secret-box.ts'
import { createServerState, type ServerState } from './server-state.ts'
import { createSettings, type SettingsBook } from './settings.ts'
import { createUiApi } from './ui/create-ui-api.ts'
import { noticing } from './ui/noticing.ts'
import { createDiscoveredRegistrations } from './ui/discovered-registrations.ts'
import { vaultView } from './vault-view.ts'
import type { Vault } from './vault/vault.ts'

/** Before a lock of the vault, and in it, a rotation under way is given this long to end. */
const LOCK_WAIT_MS = 5_000

export type KeywayDeps = {
  clock: Clock
  logger: Logger
  browser: Browser
  oauth: OAuthClient
  /** Trusting a provider's own authorities too; null: only the system's and the settings'. */
  fetchFor: (extraCa: string | null) => HttpFetch
  vault: Vault
  activity: Activity
  stores: {
    settings: KeyValueStore
    providers: KeyValueStore
    apps: KeyValueStore
    connections: RecordStore
  }
  damages: Damages
  presets: readonly Preset[]
  host: {
    kind: Snapshot['host']
    platform: string
    version: string
    /** Whether `keyway://` addresses arrive here. Absent: they do not. */
    customSchemeWorks?: () => boolean
  }
  /** For jitter; a simulation brings its own. */
  random?: () => number
}

type Parts = {
  events: Events
  settings: SettingsBook
  server: ServerState
  providerBook: ProviderBook
  providers: ProviderRegistry
  connections: ConnectionParts
  apps: AppParts
  planRedirect: PlanRedirect
}

/** Reads the stores and starts the background work. `close` ends it; twice is fine. */
export async function createKeyway(deps: KeywayDeps): Promise<Keyway> {
  const parts = buildParts(deps)
  await parts.connections.load()
  const { connections, apps, events, settings } = parts
  const snapshot = (): Snapshot => snapshotOf(deps, parts)
  const ui = createUiApi({
    ...deps,
    ...connections,
    ...apps,
    providers: parts.providers,
    settings,
    planRedirect: parts.planRedirect,
    registrations: createDiscoveredRegistrations(),
    snapshot,
    renewalsSettled: () => connections.tokens.allSettled(LOCK_WAIT_MS),
  })
  const autoLock = createAutoLock({
    clock: deps.clock,
    minutes: () => settings.get().autoLockMinutes,
    lock: () => void ui['vault.lock'](undefined),
  })
  const stopWatching = watchVault(deps, parts, autoLock)
  deps.damages.onAdded(() => events.changed('damages', deps.damages.list))
  if (deps.vault.state().kind === 'unlocked') connections.unlocked()
  const closed = once(async () => {
    autoLock.close()
    apps.close()
    await connections.close()
    stopWatching()
    events.close()
  })
  return {
    ...faceOf(deps, parts),
    ui: noticing(ui, autoLock.touched),
    snapshot,
    close: closed,
  }
}

function faceOf(deps: KeywayDeps, parts: Parts): Omit<Keyway, 'ui' | 'snapshot' | 'close'> {
  const { connections, apps, events, server, providers } = parts
  return {
    clock: deps.clock,
    logger: deps.logger,
    fetch: deps.fetchFor(null),
    oauth: deps.oauth,
    providers,
    connections: connections.connections,
    tokens: connections.tokens,
    flows: connections.flows,
    apps: apps.apps,
    approvals: apps.approvals,
    activity: deps.activity,
    settings: parts.settings,
    vault: secretBoxOf(deps.vault),
    on: events.on,
    emit: events.emit,
    serverChanged(next) {
      server.changed(next)
      events.changed('server', server.view)
      // Redirect addresses carry the port.
      events.changed('providers', providers.list)
    },
    wake: connections.background.wake,
  }
}

function once(task: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null
  return () => (running ??= task())
}

function buildParts(deps: KeywayDeps): Parts {
  const { clock, logger } = deps
  const box = secretBoxOf(deps.vault)
  const onUnreadable = deps.damages.addUnreadable
  const events = createEvents({ clock, logger })
  const server = createServerState(deps.host.version)
  const settings = createSettings({
    store: deps.stores.settings,
    logger,
    onChanged: (value) => events.changed('settings', () => value),
  })
  const plan = plannerFor(deps, server, settings)
  const providerBook = createProviderBook({
    store: deps.stores.providers,
    presets: deps.presets,
    logger,
    onUnreadable,
  })
  const connections = createConnectionParts({
    ...deps,
    store: deps.stores.connections,
    providers: providerBook,
    box,
    planRedirect: plan,
    home: () => ({ port: server.port() ?? settings.get().port, listening: server.view().listening }),
    keepClient: (id, client) => providers.keepClient(id, client),
    random: deps.random ?? Math.random,
    onUnreadable,
    onConnectionsChanged: (kind) => {
      events.changed('connections', () => connections.connections.list())
      if (kind === 'content') return
      // They count connections, and apps name what they miss.
      events.changed('providers', () => providers.list())
      events.changed('apps', () => apps.apps.list())
    },
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
    onAppsChanged: () => events.changed('apps', () => apps.apps.list()),
    onApprovalsChanged: () => events.changed('approvals', () => apps.approvals.list()),
  })
  return { events, settings, server, providerBook, providers, connections, apps, planRedirect: plan }
}

function plannerFor({ host }: KeywayDeps, server: ServerState, settings: SettingsBook): PlanRedirect {
  return (provider) =>
    planRedirect({
      ...provider,
      port: server.port() ?? settings.get().port,
      customSchemeWorks: host.customSchemeWorks?.() ?? false,
    })
}

function watchVault(
  { vault, activity }: KeywayDeps,
  { events, connections }: Parts,
  autoLock: AutoLock,
): () => void {
  let was = vault.state().kind
  return vault.onChange((state) => {
    if (state.kind !== was) {
      activity.append({ kind: 'vault', outcome: 'ok', note: state.kind })
      autoLock.touched()
      if (state.kind === 'unlocked') connections.unlocked()
      else connections.locked()
    }
    was = state.kind
    events.changed('vault', () => vaultView(vault.state()))
  })
}

function snapshotOf(deps: KeywayDeps, parts: Parts): Snapshot {
  return {
    host: deps.host.kind,
    platform: deps.host.platform,
    vault: vaultView(deps.vault.state()),
    server: parts.server.view(),
    settings: parts.settings.get(),
    providers: parts.providers.list(),
    connections: parts.connections.connections.list(),
    flows: parts.connections.flows.list(),
    apps: parts.apps.apps.list(),
    approvals: parts.apps.approvals.list(),
    damages: deps.damages.list(),
  }
}
