// The note that stands on disk while an import is being written. Found at a start, it says what to take away again, so that a crash in the
// middle leaves as little behind as a failure does. All that an import writes is new, so taking it away is removing.
import { z } from 'zod'
import type { KeyValueStore, Logger, RecordStore } from '../ports.ts'
import type { ImportPlan } from './import-plan.ts'

export const NOTE_ID = 'unfinished'

const ids = z.array(z.string().max(64))
const importNote = z.strictObject({
  version: z.literal(1),
  providers: ids,
  connections: ids,
  apps: ids,
  settings: z.array(z.strictObject({ name: z.string(), before: z.json(), after: z.json() })),
})
export type ImportNote = z.output<typeof importNote>

export function noteOf(plan: ImportPlan, settings: Readonly<Record<string, unknown>>): ImportNote {
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

/** How to take away what an import wrote. Removing what is not there is fine. */
export type Undoing = {
  provider(id: string): void
  app(id: string): void
  connection(id: string): Promise<void>
  settings(changes: ImportNote['settings']): Promise<void>
}

/** True when nothing is left of it. What cannot be removed now is logged, and tried again at the next start. */
export async function undoImport(note: ImportNote, undo: Undoing, logger: Logger): Promise<boolean> {
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

/** Before anything is read at a start. Never keeps Keyway from starting. False: something of it is still there. */
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

/** A setting that the person has changed since is theirs. */
function restoreSettings(store: KeyValueStore, changes: ImportNote['settings']): void {
  for (const { name, before, after } of changes) {
    if (JSON.stringify(store.get(name)) === JSON.stringify(after)) store.set(name, before)
  }
}
