// One file a record, with the generation before it kept beside it. Writes of one record take turns; different records do not wait.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Clock, Damage, Leftover, Logger, RecordStore } from '../ports.ts'
import { createTurns } from '../async.ts'
import { leftoverOf, makeFolder, removeDurably, removeLeftovers, writeDurably } from './durable-file.ts'
import { nodeFileOps, type FileOps } from './file-ops.ts'
import { decodeRecord, encodeRecord } from './record-file.ts'
import { createGenerations, recordPaths } from './record-generations.ts'

const ID = /^[a-z0-9_-]{1,64}$/
const FILE_NAME = /^([a-z0-9_-]{1,64})(?:\.prev\.json|\.json|\.lost)$/
// Names that Windows gives to devices, with any ending.
const DEVICE = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])$/

// About a millisecond of reading, then whoever else waits for the event loop has a turn.
const RECORDS_A_TURN = 25

export type RecordStoreDeps = {
  /** The store's own folder; made 0700 when it is not there. */
  folder: string
  clock: Clock
  logger: Logger
  onDamage: (damage: Damage) => void
  /** What becomes of a whole record that a killed process did not put in place. Default: it is removed, like half a one. */
  leftovers?: 'removed' | 'kept'
  ops?: FileOps
}

export function createRecordStore({
  folder,
  clock,
  logger,
  onDamage,
  leftovers = 'removed',
  ops = nodeFileOps,
}: RecordStoreDeps): RecordStore {
  makeFolder(folder)
  const kept = leftovers === 'kept' ? wholeLeftovers(folder) : new Map<string, KeptLeftover>()
  removeLeftovers(folder, (name) => kept.has(name))
  const inTurn = createTurns()
  const generations = createGenerations({ folder, clock, logger, onDamage })

  // A new record has no generation before it; with a copy in that place one bad block costs nothing, of the vault's key least of all.
  const keepSecondCopy = (path: string, text: string): Promise<void> =>
    writeDurably(path, text, { ops }).catch((error: unknown) => {
      logger.warn('A new record has no second copy yet; its next change makes one', { file: path, error })
    })

  return {
    async loadAll() {
      const ids = recordIds(folder)
      const records: { id: string; value: unknown }[] = []
      for (const [index, id] of ids.entries()) {
        if (index % RECORDS_A_TURN === 0) await new Promise(setImmediate)
        const recalled = generations.recall(id)
        if (recalled.kind === 'found') records.push({ id, value: recalled.value })
      }
      return records
    },
    read: async (id) =>
      inTurn(checkedId(id), async () => {
        const recalled = generations.recall(id)
        if (recalled.kind === 'found') return recalled.value
        if (recalled.kind === 'absent') return null
        throw new KeywayError('data_damaged', {
          message: 'A data file could not be read in any generation; it was set aside.',
          nextStep: `Look at ${recalled.setAsidePath}, or put a good copy of the file back.`,
          details: { file: recordPaths(folder, id).current, setAsidePath: recalled.setAsidePath },
        })
      }),
    async put(id, value) {
      // Encoded now, so that what the caller changes while waiting for its turn is not written half old and half new.
      const text = encodeRecord(checkedId(id), value)
      await inTurn(id, async () => {
        const { current, previous } = recordPaths(folder, id)
        generations.protectUnreadable(id)
        const isFirst = !existsSync(current) && !existsSync(previous)
        await writeDurably(current, text, { keepAs: previous, ops })
        if (isFirst) await keepSecondCopy(previous, text)
      })
    },
    remove: async (id) =>
      inTurn(checkedId(id), async () => {
        const { current, previous, lost } = recordPaths(folder, id)
        // The kept generation goes first: were it last, a crash in between would bring the removed record back.
        await removeDurably([...leftoversOf(kept, id), lost, previous, current], ops)
      }),
    leftovers: () => [...kept.keys()].flatMap((name) => openLeftover(kept, name, ops)),
  }
}

type KeptLeftover = { id: string; path: string; value: unknown }

function openLeftover(kept: Map<string, KeptLeftover>, name: string, ops: FileOps): Leftover[] {
  const found = kept.get(name)
  if (found === undefined) return []
  const { id, path, value } = found
  const discard = async (): Promise<void> => {
    await removeDurably([path], ops)
    kept.delete(name)
  }
  return [{ id, value, discard }]
}

function wholeLeftovers(folder: string): Map<string, KeptLeftover> {
  const kept = new Map<string, KeptLeftover>()
  for (const name of readdirSync(folder)) {
    const id = /^([a-z0-9_-]{1,64})\.json$/.exec(leftoverOf(name) ?? '')?.[1]
    if (id === undefined) continue
    const path = join(folder, name)
    const decoded = decodeRecord(id, readFileSync(path, 'utf8'))
    if (decoded.kind === 'good') kept.set(name, { id, path, value: decoded.value })
  }
  return kept
}

/** So that none of them brings a removed record back. */
function leftoversOf(kept: Map<string, KeptLeftover>, id: string): string[] {
  return [...kept].flatMap(([name, leftover]) => {
    if (leftover.id !== id) return []
    kept.delete(name)
    return [leftover.path]
  })
}

function checkedId(id: string): string {
  if (ID.test(id) && !DEVICE.test(id)) return id
  throw new KeywayError('invalid_request', {
    message: 'A record id takes 1 to 64 characters of a-z, 0-9, "_" and "-", and no device name of Windows.',
    details: { field: 'id' },
  })
}

function recordIds(folder: string): string[] {
  const ids = readdirSync(folder).flatMap((name) => FILE_NAME.exec(name)?.[1] ?? [])
  return [...new Set(ids)].sort()
}
