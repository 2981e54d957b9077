// The window's calls that stand apart from the daily ones: bundles, provider files, diagnostics, the rehearsal, and settings.
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Preset } from '../../../shared/contract/preset.ts'
import type { Snapshot, UiApi } from '../../../shared/contract/ui-api.ts'
import type { AppRegistry } from '../apps/create-apps.ts'
import { createBundles, type Bundles } from '../bundle/create-bundles.ts'
import { createFileReader } from '../bundle/file-reader.ts'
import type { Here } from '../bundle/here.ts'
import { createProviderFiles, type ProviderFiles } from '../bundle/provider-files.ts'
import type { ConnectionParts } from '../connections/wiring.ts'
import { createDiagnostics, type DiagnosticsCalls } from '../diagnostics/create-diagnostics.ts'
import type { DataPlace } from '../diagnostics/diagnostics-deps.ts'
import type { Integrity } from '../integrity/create-integrity.ts'
import { integrityCalls } from '../integrity/integrity-targets.ts'
import type { Activity } from '../keyway.ts'
import type { Clock, Logger, RecordStore } from '../ports.ts'
import type { ProviderRegistry } from '../providers/create-providers.ts'
import { specOf } from '../providers/merge-spec.ts'
import type { ProviderBook } from '../providers/provider-book.ts'
import type { Rehearsals } from '../rehearsals/create-rehearsals.ts'
import type { SecretBox } from '../secret-box.ts'
import type { SettingsBook } from '../settings.ts'
import type { SettingsChange } from '../settings-change.ts'
import type { Vault } from '../vault/vault.ts'

export type FurtherCalls = Bundles &
  ProviderFiles &
  DiagnosticsCalls &
  Rehearsals['calls'] &
  Pick<UiApi, 'settings.update' | 'integrity.confirm' | 'integrity.decide'>

export type FurtherDeps = {
  place: DataPlace
  stores: { imports: RecordStore; connections: RecordStore }
  clock: Clock
  logger: Logger
  vault: Vault
  box: SecretBox
  activity: Activity
  presets: readonly Preset[]
  readerFile?: string
  version: string
  providerBook: ProviderBook
  providers: ProviderRegistry
  connections: Pick<ConnectionParts, 'book' | 'adopt'>
  apps: AppRegistry
  settings: SettingsBook
  settingsChange: SettingsChange
  rehearsals: Rehearsals
  integrity?: Integrity
  snapshot: () => Snapshot
  renewalsSettled: () => Promise<void>
  onImported: () => void
}

export function createFurtherCalls(deps: FurtherDeps): FurtherCalls {
  const { settingsChange } = deps
  const files = createFileReader({ clock: deps.clock, file: deps.readerFile })
  return {
    ...createBundles({
      ...deps,
      files,
      here: hereOf(deps),
      targets: {
        imports: deps.stores.imports,
        connections: deps.stores.connections,
        expectConnections: (records) => deps.integrity?.stores.connections.expect(records),
        adoptConnections: deps.connections.adopt,
        providers: deps.providerBook,
        apps: deps.apps,
        changeSettings: settingsChange.change,
        logger: deps.logger,
      },
    }),
    ...createProviderFiles({ ...deps, files }),
    ...createDiagnostics(deps),
    ...deps.rehearsals.calls,
    ...integrityCalls(deps.integrity),
    'settings.update': (patch) => settingsChange.change(patch),
  }
}

function hereOf({ providerBook, connections, apps, settings, presets }: FurtherDeps): Here {
  return {
    providers: providerBook.list,
    connections: connections.book.list,
    apps: apps.records,
    settings: settings.get,
    presetSlugs: presets.map(({ slug }) => slug),
    takenSlugs: providerBook.takenSlugs,
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
