// The window's calls for bundles, provider files, diagnostics, the practice provider and settings.
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Preset } from '../../../shared/contract/preset.ts'
import type { Snapshot, UiApi, VaultView } from '../../../shared/contract/ui-api.ts'
import type { AppRegistry } from '../apps/apps.ts'
import { BoundedMap } from '../bounded-map.ts'
import { createFileReader } from '../transfer/file-reader.ts'
import type { ConnectionParts } from '../connections/wiring.ts'
import { createDiagnostics, type DiagnosticsCalls } from '../diagnostics/diagnostics.ts'
import type { DataPlace } from '../diagnostics/facts.ts'
import type { Integrity } from '../integrity/integrity.ts'
import { integrityCalls } from '../integrity/targets.ts'
import type { AuditLog } from '../keyway.ts'
import type { Clock, Logger, RecordStore } from '../ports.ts'
import type { PracticeProviders } from '../practice/practice-providers.ts'
import type { ProviderRegistry } from '../providers/providers.ts'
import { type ProviderStore, specOf } from '../providers/store.ts'
import type { SettingsStore, SettingsChange } from '../settings.ts'
import { type Bundles, createBundles } from '../transfer/bundles.ts'
import type { ExistingData } from '../transfer/compatible.ts'
import { createProviderFiles, type ProviderFiles } from '../transfer/foreign-files.ts'
import type { RegistrationSecrets } from '../oauth/types.ts'
import type { SecretBox, VaultState } from '../vault/status.ts'
import type { Vault } from '../vault/vault.ts'

export type SystemCalls = Bundles &
  ProviderFiles &
  DiagnosticsCalls &
  PracticeProviders['calls'] &
  Pick<UiApi, 'settings.update' | 'integrity.confirm' | 'integrity.decide'>

export type SystemCallsDeps = {
  place: DataPlace
  stores: { imports: RecordStore; connections: RecordStore }
  clock: Clock
  logger: Logger
  vault: Vault
  box: SecretBox
  activity: AuditLog
  presets: readonly Preset[]
  readerFile?: string
  version: string
  providerStore: ProviderStore
  providers: ProviderRegistry
  connections: Pick<ConnectionParts, 'records' | 'adopt'>
  apps: AppRegistry
  settings: SettingsStore
  settingsChange: SettingsChange
  practiceProviders: PracticeProviders
  integrity?: Integrity
  snapshot: () => Snapshot
  whenRefreshesIdle: () => Promise<void>
  onImported: () => void
}

export function createSystemCalls(deps: SystemCallsDeps): SystemCalls {
  const { settingsChange } = deps
  const files = createFileReader({ clock: deps.clock, file: deps.readerFile })
  return {
    ...createBundles({
      ...deps,
      files,
      localData: existingDataOf(deps),
      targets: {
        imports: deps.stores.imports,
        connections: deps.stores.connections,
        expectConnections: (records) => deps.integrity?.stores.connections.expect(records),
        adoptConnections: deps.connections.adopt,
        providers: deps.providerStore,
        apps: deps.apps,
        changeSettings: settingsChange.change,
        logger: deps.logger,
      },
    }),
    ...createProviderFiles({ ...deps, files }),
    ...createDiagnostics(deps),
    ...deps.practiceProviders.calls,
    ...integrityCalls(deps.integrity),
    'settings.update': (patch) => settingsChange.change(patch),
  }
}

function existingDataOf({
  providerStore,
  connections,
  apps,
  settings,
  presets,
}: SystemCallsDeps): ExistingData {
  return {
    providers: providerStore.list,
    connections: connections.records.list,
    apps: apps.records,
    settings: settings.get,
    presetSlugs: presets.map(({ slug }) => slug),
    takenSlugs: providerStore.takenSlugs,
    specOf({ preset, spec }) {
      const found = presets.find(({ slug }) => slug === preset)
      if (preset !== null && found === undefined)
        throw new KeywayError('invalid_request', {
          message: `There is no preset "${preset}".`,
          details: { field: 'preset' },
        })
      return specOf(found ?? null, spec)
    },
  }
}

const MAX_ITEMS = 20

/**
 * Registration access tokens (RFC 7592) and client keys between a discovery that registered a client and
 * the save of its provider. They are never sent to the window.
 */
export type DiscoveredRegistrations = {
  remember(clientId: string, registered: RegistrationSecrets): void
  take(clientId: string): RegistrationSecrets | null
}

export function createDiscoveredRegistrations(): DiscoveredRegistrations {
  const waiting = new BoundedMap<string, RegistrationSecrets>(MAX_ITEMS)
  return {
    remember: (clientId, registered) => void waiting.set(clientId, registered),
    take(clientId) {
      const registered = waiting.get(clientId) ?? null
      waiting.delete(clientId)
      return registered
    },
  }
}

/** The vault's state for the window. */
export function vaultView(state: VaultState): VaultView {
  const protectors = state.protectors.map((protector) => ({ ...protector }))
  if (state.kind === 'unlocked') return { kind: 'unlocked', protectors, wraps: [...state.wraps] }
  if (state.kind === 'uninitialised') return { kind: 'uninitialised', protectors }
  return { kind: 'locked', protectors, reason: state.reason, needsPassphrase: state.needsPassphrase }
}
