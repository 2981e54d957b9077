// Creates the parts of the core and connects them; server state and change events.
import { asKeywayError, type KeywayError, toErrorBody } from '../../shared/contract/errors.ts'
import type { Preset } from '../../shared/contract/preset.ts'
import type { ServerView, Snapshot, UiEventName, UiEvents } from '../../shared/contract/ui-api.ts'
import { type LoopbackHost, planRedirect } from '../../shared/domain/redirect-uri.ts'
import { missingScopes } from '../../shared/domain/scope-comparison.ts'
import { type AppParts, createAppParts } from './apps/wiring.ts'
import { type ConnectionParts, createConnectionParts } from './connections/wiring.ts'
import type { DataPlace } from './diagnostics/facts.ts'
import type { Integrity } from './integrity/integrity.ts'
import type { AuditLog, Keyway, PermissionsChange } from './keyway.ts'
import type { OAuthClient } from './oauth/types.ts'
import type {
  Browser,
  Clock,
  HttpFetch,
  KeyValueStore,
  Logger,
  OpenLoopbackListener,
  RecordStore,
  LoopbackListener,
} from './ports.ts'
import {
  createPracticeProviders,
  type OpenPracticeProvider,
  type PracticeProviders,
} from './practice/practice-providers.ts'
import { createProviders, type PlanRedirect, type ProviderRegistry } from './providers/providers.ts'
import { createProviderStore, type ProviderStore } from './providers/store.ts'
import { createSettings, createSettingsChange, type SettingsStore, type SettingsChange } from './settings.ts'
import type { CorruptFileList } from './storage/quarantine.ts'
import { secretBoxOf, type SecretBox } from './vault/status.ts'
import type { Vault } from './vault/vault.ts'

/** The dependencies of the core. The caller that opened them closes them. */
export type KeywayDeps = {
  clock: Clock
  logger: Logger
  browser: Browser
  oauth: OAuthClient
  /**
   * A fetch that also trusts a provider's own certificate authorities; null: only the system's and those in
   * the settings.
   */
  fetchFor: (extraCa: string | null) => HttpFetch
  vault: Vault
  activity: AuditLog
  /** Absent: no integrity checks, and `stores` are not guarded. */
  integrity?: Integrity
  stores: {
    settings: KeyValueStore
    providers: KeyValueStore
    apps: KeyValueStore
    connections: RecordStore
    /** Contains the note of an unfinished import. */
    imports: RecordStore
    /** State of the practice provider that survives a restart. Absent: none. */
    practice?: RecordStore
  }
  /** Where the files are, for diagnostics. Absent: unknown. */
  place?: DataPlace
  /** Absent: there is no practice provider. */
  openPracticeProvider?: OpenPracticeProvider
  corruptFiles: CorruptFileList
  presets: readonly Preset[]
  host: {
    kind: Snapshot['host']
    platform: string
    version: string
    /** Whether `keyway://` URLs are delivered to this process. Absent: no. */
    customSchemeWorks?: () => boolean
    /** Absent: not a desktop host. */
    desktop?: NonNullable<Snapshot['desktop']>
  }
  /** Resolves when everything that a refresh needs is loaded. Absent: nothing to wait for. */
  warmUp?: () => Promise<void>
  /** The built worker that parses foreign files. Absent: its source file. */
  readerFile?: string
  /** Random numbers for jitter; a simulation replaces them. */
  random?: () => number
}

export type KeywayParts = {
  events: Events
  settings: SettingsStore
  server: ServerState
  providerStore: ProviderStore
  providers: ProviderRegistry
  connections: ConnectionParts
  apps: AppParts
  planRedirect: PlanRedirect
  practiceProviders: PracticeProviders
  settingsChange: SettingsChange
}

/** The scopes that each connection of a provider lacks of those that an app needs. */
const missingAtEach =
  (
    providers: Pick<ProviderStore, 'bySlug' | 'byId' | 'specOf'>,
    records: Pick<ConnectionParts['records'], 'ofProvider'>,
  ) =>
  (idOrSlug: string, scopes: readonly string[]): string[][] => {
    const provider = providers.byId(idOrSlug) ?? providers.bySlug(idOrSlug)
    if (provider === null) return []
    const rules = providers.specOf(provider).scopes
    return records
      .ofProvider(provider.id)
      .map(({ grantedScopes }) => missingScopes(scopes, grantedScopes, rules))
  }

/** Creates every part of the core once. Only the small documents are read from disk. */
export function buildParts(deps: KeywayDeps): KeywayParts {
  const box = secretBoxOf(deps.vault, deps.integrity?.gate)
  const onUnreadable = deps.corruptFiles.addUnreadable
  const documents = createDocuments(deps, box)
  const { events, server, settings, providerStore, planRedirect: plan } = documents
  const connections = createConnectionParts({
    ...deps,
    store: deps.stores.connections,
    providers: providerStore,
    box,
    planRedirect: plan,
    localServer: () => ({ port: server.port() ?? settings.get().port, listening: server.view().listening }),
    openLoopbackListener: server.openLoopbackListener,
    registry: () => providers,
    random: deps.random ?? Math.random,
    onUnreadable,
    onConnectionChanged: (id, kind) => {
      events.permissionsChanged({ connectionId: id, isOtherAccount: kind === 'account' })
      events.changed('connections', () => connections.connections.list())
      if (kind === 'content') return
      // Provider views count connections, and app views list missing connections.
      events.changed('providers', () => providers.list())
      events.changed('apps', () => apps.apps.list())
    },
    onClockJumped: () => apps.apps.timePassed(),
    onFlowsChanged: () => events.changed('flows', () => connections.flows.list()),
  })
  const providers = createProviders({
    ...deps,
    store: providerStore,
    box,
    planRedirect: plan,
    connectionCount: (id) => connections.records.ofProvider(id).length,
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
    provider: (idOrSlug) => providerStore.byId(idOrSlug) ?? providerStore.bySlug(idOrSlug),
    missingAtEach: missingAtEach(providerStore, connections.records),
    connection: (id) => connections.records.get(id),
    isUnlocked: () => box.unlocked,
    blocked: (id) => failureOf(() => deps.integrity?.gate.app(id)),
    onRequestWhileLocked: () => events.changed('lockedAsks', () => apps.approvals.lockedAsks()),
    onAppsChanged: () => {
      events.permissionsChanged()
      events.changed('apps', () => apps.apps.list())
    },
    onExpired: events.permissionsChanged,
    onApprovalsChanged: () => events.changed('approvals', () => apps.approvals.list()),
  })
  const apart = createLateParts(deps, { ...documents, providers })
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

type Documents = Pick<KeywayParts, 'events' | 'server' | 'settings' | 'providerStore' | 'planRedirect'>

function createDocuments(deps: KeywayDeps, box: SecretBox): Documents {
  const { clock, logger } = deps
  const events = createEvents({ clock, logger })
  const server = createServerState(deps.host.version, logger)
  const settings = createSettings({
    store: deps.stores.settings,
    logger,
    box,
    onUnreadable: deps.corruptFiles.addUnreadable,
  })
  settings.onChange((value) => events.changed('settings', () => value))
  const providerStore = createProviderStore({
    store: deps.stores.providers,
    presets: deps.presets,
    logger,
    onUnreadable: deps.corruptFiles.addUnreadable,
  })
  return { events, server, settings, providerStore, planRedirect: plannerFor(deps, server, settings) }
}

function createLateParts(
  deps: KeywayDeps,
  { events, server, settings, providers }: Documents & Pick<KeywayParts, 'providers'>,
): Pick<KeywayParts, 'practiceProviders' | 'settingsChange'> {
  const practiceProviders: PracticeProviders = createPracticeProviders({
    open: deps.openPracticeProvider ?? null,
    store: deps.stores.practice ?? null,
    logger: deps.logger,
    providers,
    activity: deps.activity,
    serverPort: () => server.port() ?? settings.get().port,
    onChanged: () => events.changed('rehearsal', () => practiceProviders.state()),
  })
  return { practiceProviders, settingsChange: createSettingsChange({ settings, serverPort: server.port }) }
}

function plannerFor({ host }: KeywayDeps, server: ServerState, settings: SettingsStore): PlanRedirect {
  return (provider) =>
    planRedirect({
      ...provider,
      port: server.port() ?? settings.get().port,
      customSchemeWorks: host.customSchemeWorks?.() ?? false,
    })
}

/** The last reported state of the local server. */
export type ServerState = {
  view(): ServerView
  /** Null while it does not listen. */
  port(): number | null
  changed(server: Parameters<Keyway['serverChanged']>[0]): void
  /** Sets the factory for the loopback listener of a sign-in. */
  setLoopbackListenerFactory(open: OpenLoopbackListener): void
  /** Null if none can be opened; then the local server's port is used. */
  openLoopbackListener(host: LoopbackHost): Promise<LoopbackListener | null>
}

function createServerState(version: string, logger: Logger): ServerState {
  let open: OpenLoopbackListener | null = null
  let view: ServerView = { url: '', listening: false, failure: null, socketPath: null, version }
  return {
    view: () => view,
    port: () => (view.listening && URL.canParse(view.url) ? Number(new URL(view.url).port) || null : null),
    changed({ failure, ...server }) {
      view = { ...server, version, failure: failure === null ? null : toErrorBody(asKeywayError(failure)) }
    },
    setLoopbackListenerFactory(next) {
      open = next
    },
    openLoopbackListener: async (host) => {
      if (open === null) return null
      return open(host).catch((error: unknown) => {
        logger.warn('No free port could be opened for a sign-in', { host, error })
        return null
      })
    },
  }
}

// Change events. Lists are sent whole, so changes are combined: the first is sent at once, later ones within
// 100 ms. Without a listener nothing is built.

const GATHER_MS = 100

type Listener = (value: never) => void

export type Events = {
  on<Name extends UiEventName>(name: Name, listener: (value: UiEvents[Name]) => void): () => void
  emit<Name extends UiEventName>(name: Name, value: UiEvents[Name]): void
  /** Announces a change; `build` creates the value when it is sent. */
  changed<Name extends UiEventName>(name: Name, build: () => UiEvents[Name]): void
  /**
   * Calls every listener before it returns, so that the caller that made the change gets its response after
   * them.
   */
  permissionsChanged(change?: PermissionsChange): void
  onPermissionsChanged(listener: (change: PermissionsChange) => void): () => void
  close(): void
}

const ANY: PermissionsChange = { connectionId: null, isOtherAccount: false }

function createEvents({ clock, logger }: { clock: Clock; logger: Logger }): Events {
  const listeners = new Map<UiEventName, Set<Listener>>()
  const waiting = new Map<UiEventName, () => void>()
  const freeAt = new Map<UiEventName, number>()
  const permissionListeners = new Set<(change: PermissionsChange) => void>()

  const emit: Events['emit'] = (name, value) => {
    for (const listener of listeners.get(name) ?? []) {
      try {
        listener(value as never)
      } catch (error) {
        logger.error('A listener failed', { event: name, error })
      }
    }
  }

  return {
    on(name, listener) {
      const set = listeners.get(name) ?? new Set()
      listeners.set(name, set)
      set.add(listener)
      return () => set.delete(listener)
    },
    emit,
    changed(name, build) {
      if (waiting.has(name) || (listeners.get(name)?.size ?? 0) === 0) return
      const send = (): void => {
        waiting.delete(name)
        const startedAt = clock.monotonicMs()
        emit(name, build())
        const endedAt = clock.monotonicMs()
        // Building a list of ten thousand takes time; at most a tenth of all time is spent on it.
        freeAt.set(name, endedAt + Math.max(GATHER_MS, 10 * (endedAt - startedAt)))
      }
      const waitMs = (freeAt.get(name) ?? 0) - clock.monotonicMs()
      if (waitMs > 0) {
        waiting.set(name, clock.after(waitMs, send))
        return
      }
      // Not sent immediately: another change often follows in the same tick.
      waiting.set(name, () => undefined)
      queueMicrotask(() => {
        if (waiting.has(name)) send()
      })
    },
    permissionsChanged(change = ANY) {
      for (const listener of permissionListeners) listener(change)
    },
    onPermissionsChanged(listener) {
      permissionListeners.add(listener)
      return () => permissionListeners.delete(listener)
    },
    close() {
      for (const cancel of waiting.values()) cancel()
      waiting.clear()
      listeners.clear()
    },
  }
}
