// Applies decisions about findings to the parts of the core that hold the entries in memory.
import { appRecord } from '../../../shared/contract/app.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { IntegrityView } from '../../../shared/contract/integrity.ts'
import { providerRecord } from '../../../shared/contract/provider.ts'
import type { UiApi } from '../../../shared/contract/ui-api.ts'
import type { KeywayDeps, KeywayParts } from '../wiring.ts'
import type { DecisiveSection } from './manifest.ts'
import type { Integrity } from './integrity.ts'
import type { IntegrityTargets } from './state.ts'

export const INTEGRITY_OFF: IntegrityView = { state: 'off', findings: [], noticesOlderFolder: false }

export function integrityTargets(deps: KeywayDeps, parts: KeywayParts): IntegrityTargets {
  const { events, providerStore, providers, connections, apps, settings } = parts
  const restores: Readonly<Record<DecisiveSection, (key: string, value: unknown) => void>> = {
    providers(key, value) {
      const before = providerStore.byId(key)
      const record = value === undefined ? null : providerRecord.parse(value)
      if (record === null) providerStore.remove(key)
      else providerStore.save(record)
      connections.providerChanged({ before, after: record })
      events.changed('providers', providers.list)
    },
    apps(key, value) {
      if (value !== undefined) apps.apps.put(appRecord.parse(value))
      else if (apps.apps.record(key) === null) deps.stores.apps.delete(key)
      else apps.apps.remove(key)
    },
    settings(key, value) {
      if (value === undefined) deps.stores.settings.delete(key)
      else deps.stores.settings.set(key, value)
      settings.reload()
    },
  }
  return {
    connections: () => [...connections.records.list(), ...connections.records.disconnected()],
    restore: (section, key, value) => restores[section](key, value),
    reloadSettings: settings.reload,
    changed() {
      apps.apps.recheck()
      events.permissionsChanged()
      events.changed('integrity', () => deps.integrity?.view() ?? INTEGRITY_OFF)
    },
  }
}

/** The window's calls for findings. */
export function integrityCalls(
  integrity: Integrity | undefined,
): Pick<UiApi, 'integrity.confirm' | 'integrity.decide'> {
  const present = (): Integrity => {
    if (integrity === undefined)
      throw new KeywayError('not_found', { message: 'There is no data folder here.' })
    return integrity
  }
  return {
    'integrity.confirm': async () => present().confirm(),
    'integrity.decide': async (decision) => present().decide(decision),
  }
}
