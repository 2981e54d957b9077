// Writes an import: either everything is durable or nothing remains. Connections become usable only at the
// end, because a refresh of one that is then removed would lose its authorization.
import { z } from 'zod'
import type { AppRecord } from '../../../shared/contract/app.ts'
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { asKeywayError, KeywayError } from '../../../shared/contract/errors.ts'
import type { Settings, SettingsPatch } from '../../../shared/contract/settings.ts'
import type { KeyValueStore, Logger, RecordStore } from '../ports.ts'
import type { ProviderStore } from '../providers/store.ts'
import type { ExistingData } from './compatible.ts'
import type { ImportPlan } from './plan.ts'

export type ImportTargets = {
  /** Contains the note of the import in progress. */
  imports: RecordStore
  connections: RecordStore
  /** Called before they are written, once for all. */
  expectConnections: (records: readonly ConnectionRecord[]) => void
  /** Makes connections on disk usable. */
  adoptConnections: (records: readonly ConnectionRecord[]) => void
  providers: Pick<ProviderStore, 'save' | 'remove'>
  apps: { adopt(app: AppRecord): void; remove(id: string): void }
  /** Like a change by the person: dependent parts follow at once, or reject it. */
  changeSettings: (patch: SettingsPatch) => Promise<Settings>
  logger: Logger
}

/**
 * @throws KeywayError disk_full | save_failed | port_busy | invalid_request (something changed meanwhile);
 * nothing is imported then.
 */
export async function writeImport(
  plan: ImportPlan,
  localData: ExistingData,
  targets: ImportTargets,
): Promise<void> {
  const note = noteOf(plan, localData.settings())
  const { imports, connections } = targets
  try {
    await imports.put(NOTE_ID, note)
    targets.expectConnections(plan.connections)
    for (const connection of plan.connections) await connections.put(connection.id, connection)
    checkStillFree(plan, localData)
    for (const provider of plan.providers) targets.providers.save(provider)
    for (const app of plan.apps) targets.apps.adopt(app)
    if (note.settings.length > 0) await targets.changeSettings(plan.settings)
    await imports.remove(NOTE_ID)
  } catch (error) {
    await removeImported(note, localData, targets)
    throw inStep(error)
  }
  targets.adoptConnections(plan.connections)
}

async function removeImported(
  note: ImportNote,
  localData: ExistingData,
  targets: ImportTargets,
): Promise<void> {
  const appIds = new Set(localData.apps().map(({ id }) => id))
  const undo: Undoing = {
    provider: (id) => targets.providers.remove(id),
    app: (id) => {
      if (appIds.has(id)) targets.apps.remove(id)
    },
    connection: (id) => targets.connections.remove(id),
    settings: async (changes) => {
      const now: Readonly<Record<string, unknown>> = localData.settings()
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

/** The person may have registered or renamed something while the connections were written. */
function checkStillFree(plan: ImportPlan, localData: ExistingData): void {
  const slugs = new Set(localData.takenSlugs())
  const names = new Set(localData.apps().map(({ name }) => name.toLowerCase()))
  const labels = new Set(localData.connections().map(labelOf))
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

// The note on disk while an import is written. At the next start it tells what to remove, so that a crash
// leaves nothing behind, like a failure. An import only adds records, so undoing it means removing them.

const NOTE_ID = 'unfinished'

const ids = z.array(z.string().max(64))
const importNote = z.strictObject({
  version: z.literal(1),
  providers: ids,
  connections: ids,
  apps: ids,
  settings: z.array(z.strictObject({ name: z.string(), before: z.json(), after: z.json() })),
})
export type ImportNote = z.output<typeof importNote>

function noteOf(plan: ImportPlan, settings: Readonly<Record<string, unknown>>): ImportNote {
  return {
    version: 1,
    providers: plan.providers.map(({ id }) => id),
    connections: plan.connections.map(({ id }) => id),
    apps: plan.apps.map(({ id }) => id),
    settings: Object.entries(plan.settings).map(([name, after]) => ({
      name,
      before: (settings[name] ?? null) as ImportNote['settings'][number]['before'],
      after: after as ImportNote['settings'][number]['after'],
    })),
  }
}

/** Removes what an import wrote. Missing records are not an error. */
export type Undoing = {
  provider(id: string): void
  app(id: string): void
  connection(id: string): Promise<void>
  settings(changes: ImportNote['settings']): Promise<void>
}

/** True if everything was removed. Failures are logged and retried at the next start. */
async function undoImport(note: ImportNote, undo: Undoing, logger: Logger): Promise<boolean> {
  let isWhole = true
  const attempt = async (what: string, step: () => Promise<void> | void): Promise<void> => {
    try {
      await step()
    } catch (error) {
      isWhole = false
      logger.error('A part of an import that failed could not be taken away yet', { what, error })
    }
  }
  for (const id of note.apps) await attempt(id, () => undo.app(id))
  for (const id of note.connections) await attempt(id, () => undo.connection(id))
  for (const id of note.providers) await attempt(id, () => undo.provider(id))
  if (note.settings.length > 0) await attempt('settings', () => undo.settings(note.settings))
  return isWhole
}

type Stores = {
  imports: RecordStore
  connections: RecordStore
  providers: KeyValueStore
  apps: KeyValueStore
  settings: KeyValueStore
}

/** Runs before anything is read at startup and never prevents the start. False: something remains. */
export async function undoUnfinishedImport(stores: Stores, logger: Logger): Promise<boolean> {
  const found = await stores.imports.read(NOTE_ID).catch((error: unknown) => {
    logger.error('The note of an unfinished import cannot be read', { error })
    return null
  })
  const parsed = importNote.safeParse(found)
  if (!parsed.success) return true
  logger.warn('An import had not ended; it is taken away again')
  const isWhole = await undoImport(
    parsed.data,
    {
      provider: (id) => stores.providers.delete(id),
      app: (id) => stores.apps.delete(id),
      connection: (id) => stores.connections.remove(id),
      settings: async (changes) => restoreSettings(stores.settings, changes),
    },
    logger,
  )
  if (isWhole)
    await stores.imports.remove(NOTE_ID).catch((error: unknown) => logger.error('The note stays', { error }))
  return isWhole
}

/** A setting that the person has changed since then is kept. */
function restoreSettings(store: KeyValueStore, changes: ImportNote['settings']): void {
  for (const { name, before, after } of changes) {
    if (JSON.stringify(store.get(name)) === JSON.stringify(after)) store.set(name, before)
  }
}
