// From a bundle and the person's choices to the very records that will be written, sealed for this vault. Nothing is written here, and
// nothing that exists is among them: every record is a new one under an id that is free.
import type { BundleChoices, BundleImported } from '../../../shared/contract/bundle.ts'
import type { AppRecord } from '../../../shared/contract/app.ts'
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import type { ProviderRecord } from '../../../shared/contract/provider.ts'
import type { SettingsPatch } from '../../../shared/contract/settings.ts'
import type { SecretBox } from '../secret-box.ts'
import type { BundleContent } from './bundle-content.ts'
import { contentWarnings, settingDifferences } from './bundle-report.ts'
import { createChooser } from './choices.ts'
import type { Here } from './here.ts'
import { planApps } from './plan-apps.ts'
import { planConnections } from './plan-connections.ts'
import { planProviders } from './plan-providers.ts'
import type { Planning } from './planning.ts'

export type ImportPlan = {
  providers: ProviderRecord[]
  connections: ConnectionRecord[]
  apps: AppRecord[]
  settings: SettingsPatch
  outcome: BundleImported
}

/** @throws KeywayError vault_locked, or invalid_request for choices that are missing or impossible */
export async function planImport(
  content: BundleContent,
  choices: BundleChoices,
  { here, box, now }: { here: Here; box: SecretBox; now: number },
): Promise<ImportPlan> {
  const outcome: BundleImported = {
    added: { providers: 0, connections: 0, apps: 0, settings: 0 },
    skipped: { providers: 0, connections: 0, apps: 0 },
    renamed: [],
    notes: [],
    warnings: [],
  }
  const planning: Planning = { content, chooser: createChooser(choices, content), here, box, now, outcome }
  const { providers, homes } = planProviders(planning)
  const { connections, taken } = await planConnections(planning, homes)
  const apps = planApps(planning, { homes, taken, keepKeys: new Set(choices.keepKeys) })
  const settings = choices.settings === 'take' ? settingsOf(planning) : {}
  const left = settingDifferences(here.settings(), content.settings).filter(({ isTaken }) => !isTaken)
  if (choices.settings === 'take' && left.length > 0)
    outcome.notes.push(
      'The proxy and the trusted certificates of the file were left out: they stay as they are here.',
    )
  planning.chooser.check()
  const imported = new Set([...taken].flatMap(([from, { isNew }]) => (isNew ? [from] : [])))
  outcome.warnings = contentWarnings(content, here).filter(
    ({ connectionId }) => connectionId !== null && imported.has(connectionId),
  )
  outcome.added = {
    providers: providers.length,
    connections: connections.length,
    apps: apps.length,
    settings: Object.keys(settings).length,
  }
  return { providers, connections, apps, settings, outcome }
}

function settingsOf({ content, here }: Planning): SettingsPatch {
  const differences = settingDifferences(here.settings(), content.settings)
  const names = new Set(differences.flatMap(({ name, isTaken }) => (isTaken ? [name] : [])))
  return Object.fromEntries(Object.entries(content.settings).filter(([name]) => names.has(name)))
}
