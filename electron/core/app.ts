// Builds the core from its parts. It opens nothing itself: the caller opens and closes the stores, the vault
// and the audit log.
import type { Snapshot } from '../../shared/contract/ui-api.ts'
import { createUsageTally } from './audit-log/usage-tally.ts'
import { INTEGRITY_OFF, integrityTargets } from './integrity/targets.ts'
import type { Keyway } from './keyway.ts'
import { createPresence } from './presence/presence.ts'
import { startOver, type StartOverDeps } from './start-over.ts'
import { undoUnfinishedImport } from './transfer/write-import.ts'
import {
  createDiscoveredRegistrations,
  createSystemCalls,
  type SystemCalls,
  vaultView,
} from './ui/system-calls.ts'
import { createUiApi, trackActivity } from './ui/ui-api.ts'
import { secretBoxOf } from './vault/status.ts'
import { type AutoLock, createAutoLock } from './vault/vault.ts'
import { buildParts, type KeywayDeps, type KeywayParts } from './wiring.ts'

export type { KeywayDeps }

/** Milliseconds that a refresh in progress may take to finish before and while the vault is locked. */
const LOCK_WAIT_MS = 5_000

/** Reads the stores and starts the background work. `close` ends it and may be called twice. */
export async function createKeyway(given: KeywayDeps): Promise<Keyway> {
  const activity = createUsageTally(given.clock, given.activity)
  const deps = { ...given, activity }
  const isUndone = await undoUnfinishedImport(deps.stores, deps.logger)
  const parts = buildParts(deps)
  await parts.connections.load()
  const { connections, apps, events } = parts
  const snapshot = (): Snapshot => snapshotOf(deps, parts)
  const whenRefreshesIdle = (): Promise<void> => connections.tokens.whenAllIdle(LOCK_WAIT_MS)
  const ui = createUiApi({
    ...deps,
    ...connections,
    ...apps,
    providers: parts.providers,
    planRedirect: parts.planRedirect,
    registrations: createDiscoveredRegistrations(),
    snapshot,
    whenRefreshesIdle,
    startOver: () => startOver(startOverDeps(deps, parts)),
    systemCalls: systemCallsOf(deps, parts, { snapshot, whenRefreshesIdle }),
  })
  const autoLock = autoLockOf(deps, parts, () => void ui['vault.lock'](undefined))
  deps.integrity?.attach(integrityTargets(deps, parts))
  let mayUndoMore = !isUndone
  const compareFolder = (): void => {
    deps.integrity?.unlocked()
    // While the vault is locked, undoing an unfinished import cannot restore the settings; so it runs again
    // after the unlock.
    if (mayUndoMore) void undoImportAgain(deps, parts)
    mayUndoMore = false
  }
  const stopWatching = watchVault(deps, parts, { autoLock, compareFolder })
  deps.corruptFiles.onAdded(() => events.changed('damages', deps.corruptFiles.list))
  if (deps.vault.state().kind === 'unlocked') {
    compareFolder()
    connections.unlocked()
  }
  const presence = createPresence(deps)
  const closed = once(async () => {
    presence.close()
    autoLock.close()
    apps.close()
    await parts.practiceProviders.close()
    await connections.close()
    stopWatching()
    activity.close()
    events.close()
  })
  return {
    ...keywayApi(deps, parts, autoLock),
    presence,
    ui: trackActivity(ui, autoLock.touched),
    snapshot,
    close: closed,
  }
}

function startOverDeps(deps: KeywayDeps, parts: KeywayParts): StartOverDeps {
  return {
    ...deps,
    folder: deps.place?.folder ?? null,
    connections: parts.connections,
    providers: parts.providerStore,
    onChanged: () => announceAllChanges(parts),
  }
}

/** Announces a change that affects several lists. */
function announceAllChanges({ events, providers, connections, apps }: KeywayParts): void {
  events.changed('providers', providers.list)
  events.changed('connections', connections.connections.list)
  events.changed('apps', apps.apps.list)
}

function autoLockOf(
  { clock, vault, activity }: KeywayDeps,
  { settings, apps }: KeywayParts,
  lock: () => void,
): AutoLock {
  const autoLock = createAutoLock({
    clock,
    settings,
    lastAppUseAt: () => Math.max(0, ...apps.apps.records().map(({ lastUsedAt }) => lastUsedAt ?? 0)),
    lock() {
      if (vault.state().kind !== 'unlocked') return
      const note = `not used for ${settings.get().autoLockMinutes} min, so it locks`
      activity.append({ kind: 'vault', outcome: 'ok', note })
      lock()
    },
  })
  settings.onChange(autoLock.check)
  return autoLock
}

function keywayApi(
  deps: KeywayDeps,
  parts: KeywayParts,
  autoLock: AutoLock,
): Omit<Keyway, 'ui' | 'presence' | 'snapshot' | 'close'> {
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
    onPermissionsChanged: events.onPermissionsChanged,
    emit: events.emit,
    serverChanged(next) {
      server.changed(next)
      events.changed('server', server.view)
      // Redirect URIs contain the port.
      events.changed('providers', providers.list)
      // Only after the server listens: the practice provider's redirect URIs contain the port. It does not
      // delay the first response.
      if (next.listening) void parts.practiceProviders.resume()
    },
    controlServer: parts.settingsChange.controlServer,
    setLoopbackListenerFactory: parts.server.setLoopbackListenerFactory,
    refreshUnderWay: connections.tokens.anyUnderWay,
    wake() {
      autoLock.check()
      apps.apps.timePassed()
      connections.background.wake()
    },
  }
}

function once(task: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null
  return () => (running ??= task())
}

function systemCallsOf(
  deps: KeywayDeps,
  parts: KeywayParts,
  of: { snapshot: () => Snapshot; whenRefreshesIdle: () => Promise<void> },
): SystemCalls {
  const { apps } = parts
  return createSystemCalls({
    ...deps,
    ...parts,
    ...of,
    apps: apps.apps,
    place: deps.place ?? null,
    box: secretBoxOf(deps.vault, deps.integrity?.gate),
    version: deps.host.version,
    onImported: () => announceAllChanges(parts),
  })
}

function watchVault(
  { vault, activity, integrity }: KeywayDeps,
  { events, connections, apps, practiceProviders, server }: KeywayParts,
  { autoLock, compareFolder }: { autoLock: AutoLock; compareFolder: () => void },
): () => void {
  let was = vault.state().kind
  const stopLocking = vault.onLocking(() => {
    // Written before the key is removed, so that this row is authenticated too.
    activity.append({ kind: 'vault', outcome: 'ok', note: 'locked' })
    integrity?.locking()
  })
  const stopChanges = vault.onChange((state) => {
    if (state.kind !== was) {
      // Compared before any token is served, so that changes made outside Keyway are found first.
      if (state.kind === 'unlocked') compareFolder()
      if (state.kind === 'uninitialised') integrity?.withoutVault()
      if (state.kind !== 'locked') activity.append({ kind: 'vault', outcome: 'ok', note: state.kind })
      autoLock.touched()
      if (state.kind === 'unlocked') connections.unlocked()
      else connections.locked()
      if (state.kind === 'unlocked') apps.approvals.unlocked()
      else apps.approvals.locked()
      events.permissionsChanged()
      if (state.kind === 'unlocked' && server.view().listening) void practiceProviders.resume()
    }
    was = state.kind
    events.changed('vault', () => vaultView(vault.state()))
  })
  return () => {
    stopLocking()
    stopChanges()
  }
}

async function undoImportAgain({ stores, logger }: KeywayDeps, { settings }: KeywayParts): Promise<void> {
  await undoUnfinishedImport(stores, logger)
  settings.reload()
}

function snapshotOf(deps: KeywayDeps, parts: KeywayParts): Snapshot {
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
    lockedAsks: parts.apps.approvals.lockedAsks(),
    damages: deps.corruptFiles.list(),
    integrity: deps.integrity?.view() ?? INTEGRITY_OFF,
    rehearsal: parts.practiceProviders.state(),
    dataFolder: deps.place?.folder ?? null,
    ...(deps.host.desktop === undefined ? {} : { desktop: deps.host.desktop }),
  }
}
