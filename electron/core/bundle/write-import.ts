// Writes what was planned: all of it durable, or none of it there. Connections come into use only at the very end, because a renewal of one
// that is then taken away again would cost its grant.
import type { AppRecord } from '../../../shared/contract/app.ts'
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { asKeywayError, KeywayError } from '../../../shared/contract/errors.ts'
import type { Settings, SettingsPatch } from '../../../shared/contract/settings.ts'
import type { Logger, RecordStore } from '../ports.ts'
import type { ProviderBook } from '../providers/provider-book.ts'
import type { Here } from './here.ts'
import type { ImportPlan } from './import-plan.ts'
import { NOTE_ID, noteOf, undoImport, type ImportNote, type Undoing } from './unfinished-import.ts'

export type ImportTargets = {
  /** Holds the note while an import is under way. */
  imports: RecordStore
  connections: RecordStore
  /** Told before they are written: one note for all of them. */
  expectConnections: (records: readonly ConnectionRecord[]) => void
  /** Takes connections that are on disk into use. */
  adoptConnections: (records: readonly ConnectionRecord[]) => void
  providers: Pick<ProviderBook, 'save' | 'remove'>
  apps: { adopt(app: AppRecord): void; remove(id: string): void }
  /** As the person's own change: what depends on a setting follows at once, or refuses it. */
  changeSettings: (patch: SettingsPatch) => Promise<Settings>
  logger: Logger
}

/** @throws KeywayError disk_full | save_failed | port_busy | invalid_request (something changed meanwhile); nothing is imported then. */
export async function writeImport(plan: ImportPlan, here: Here, targets: ImportTargets): Promise<void> {
  const note = noteOf(plan, here.settings())
  const { imports, connections } = targets
  try {
    await imports.put(NOTE_ID, note)
    targets.expectConnections(plan.connections)
    for (const connection of plan.connections) await connections.put(connection.id, connection)
    checkStillFree(plan, here)
    for (const provider of plan.providers) targets.providers.save(provider)
    for (const app of plan.apps) targets.apps.adopt(app)
    if (note.settings.length > 0) await targets.changeSettings(plan.settings)
    await imports.remove(NOTE_ID)
  } catch (error) {
    await takeAway(note, here, targets)
    throw inStep(error)
  }
  targets.adoptConnections(plan.connections)
}

async function takeAway(note: ImportNote, here: Here, targets: ImportTargets): Promise<void> {
  const appIds = new Set(here.apps().map(({ id }) => id))
  const undo: Undoing = {
    provider: (id) => targets.providers.remove(id),
    app: (id) => {
      if (appIds.has(id)) targets.apps.remove(id)
    },
    connection: (id) => targets.connections.remove(id),
    settings: async (changes) => {
      const now: Readonly<Record<string, unknown>> = here.settings()
      const taken = changes.filter(({ name, after }) => JSON.stringify(now[name]) === JSON.stringify(after))
      if (taken.length > 0)
        await targets.changeSettings(Object.fromEntries(taken.map(({ name, before }) => [name, before])))
    },
  }
  const isWhole = await undoImport(note, undo, targets.logger)
  if (!isWhole) return
  await targets.imports
    .remove(NOTE_ID)
    .catch((error: unknown) =>
      targets.logger.error('The note of a failed import stays until the next start', { error }),
    )
}

/** While the connections were written, the person may have registered or renamed something. */
function checkStillFree(plan: ImportPlan, here: Here): void {
  const slugs = new Set(here.takenSlugs())
  const names = new Set(here.apps().map(({ name }) => name.toLowerCase()))
  const labels = new Set(here.connections().map(labelOf))
  const isFree =
    plan.providers.every(({ slug }) => !slugs.has(slug)) &&
    plan.apps.every(({ name }) => !names.has(name.toLowerCase())) &&
    plan.connections.every((connection) => !labels.has(labelOf(connection)))
  if (isFree) return
  throw new KeywayError('invalid_request', {
    message: 'Something was added here while the bundle was being imported.',
    nextStep: 'Look at the bundle again and import it once more; nothing was imported.',
  })
}

const labelOf = ({ providerId, account }: Pick<ConnectionRecord, 'providerId' | 'account'>): string =>
  `${providerId}\n${account.toLowerCase()}`

function inStep(thrown: unknown): KeywayError {
  const error = asKeywayError(thrown)
  return new KeywayError(error.code, {
    message: error.message,
    nextStep: error.nextStep,
    details: { ...error.details, step: 'save' },
    cause: thrown,
  })
}
