// The folder that holds everything: private to its user, owned by one process at a time, and able to say who that is.
import { readFileSync, unlinkSync } from 'node:fs'
import { join, resolve as resolvePath } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Clock, Logger } from '../ports.ts'
import { systemCode, toSaveError } from './disk-error.ts'
import { removeLeftovers, writeDurably, writeDurablySync } from './durable-file.ts'
import { takeOwnerLock, type OwnerLock } from './owner-lock.ts'
import { refuseLinks } from './no-link.ts'
import { makePrivateFolder } from './private-folder.ts'

/** What a second process may know of the owner, to hand its errand over. Never a secret. */
const ownerFacts = z.object({
  pid: z.number().int().positive(),
  /** Epoch ms. */
  since: z.number(),
  url: z.url().optional(),
})
export type OwnerFacts = z.output<typeof ownerFacts>

/** An owner on a busy machine may take this long to say that it is. */
const MOST_ATTEMPTS = 200
const ATTEMPT_MS = 25

export type DataFolder = {
  readonly path: string
  /** The path of a file or folder in it. */
  resolve(...names: string[]): string
  /** Tells a second process where this one can be reached. @throws KeywayError `disk_full` | `save_failed`. */
  publish(facts: { url: string }): Promise<void>
  /** Lets go of the folder. Twice is fine. */
  close(): void
}

/**
 * Opens the folder as its only owner; makes it when it is not there.
 * @throws KeywayError `data_folder_busy` with `{ holderPid, since, url?, port? }` while another process has it; `save_failed` |
 * `disk_full` when it cannot be made, read or locked, or belongs to somebody else; `folder_link`.
 */
export async function openDataFolder(deps: {
  path: string
  clock: Clock
  logger: Logger
}): Promise<DataFolder> {
  const path = resolvePath(deps.path)
  const factsPath = join(path, 'owner.json')
  makePrivateFolder(path, deps.logger)
  refuseLinks(path, deps.logger)
  const lock = await takeOrFindOwner(path, factsPath)
  if (lock === null || !('release' in lock)) throw busy(path, lock)
  const facts: OwnerFacts = { pid: process.pid, since: deps.clock.now() }
  try {
    removeLeftovers(path)
    noteOwner(factsPath, facts, deps.logger)
  } catch (error) {
    lock.release()
    throw toSaveError(error, factsPath)
  }
  let closed = false
  return {
    path,
    resolve: (...names) => join(path, ...names),
    publish: async ({ url }) => {
      if (!closed) await writeDurably(factsPath, JSON.stringify({ ...facts, url }))
    },
    close() {
      if (closed) return
      closed = true
      try {
        unlinkSync(factsPath)
      } catch (error) {
        deps.logger.warn('The note of who owns the data folder could not be removed', { error })
      }
      lock.release()
    },
  }
}

// The note is a courtesy to a second process. What is on a full disk can still be read, and tokens served.
function noteOwner(path: string, facts: OwnerFacts, logger: Logger): void {
  try {
    writeDurablySync(path, JSON.stringify(facts))
  } catch (error) {
    if (toSaveError(error, path).code !== 'disk_full') throw error
    logger.warn('The disk is full: a second process will not be told who owns the data folder', { path })
  }
}

/** Who owns the folder at `path` by its own note; null when nobody left one. The note outlives a killed owner, the lock does not. */
export function readOwnerFacts(path: string): OwnerFacts | null {
  return factsAt(join(path, 'owner.json'))
}

function lockOf(path: string): OwnerLock | null {
  const file = join(path, 'owner.lock')
  try {
    const result = takeOwnerLock(file)
    return result.kind === 'taken' ? result.lock : null
  } catch (error) {
    throw toSaveError(error, file)
  }
}

/**
 * The lock, or who has it. Takers that race may each find the lock busy for a moment and nobody get it, so while no living process says that
 * the folder is its own, it is tried again. The owner writes its note right after it took the lock; a note of somebody dead is the last
 * owner's, about to be replaced.
 */
async function takeOrFindOwner(path: string, factsPath: string): Promise<OwnerLock | OwnerFacts | null> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const lock = lockOf(path)
    if (lock !== null) return lock
    const facts = factsAt(factsPath)
    if (facts !== null && seemsAlive(facts.pid)) return facts
    await pause(ATTEMPT_MS)
  }
  // In another container, where its pid means nothing here.
  return factsAt(factsPath)
}

function factsAt(path: string): OwnerFacts | null {
  try {
    const parsed = ownerFacts.safeParse(JSON.parse(readFileSync(path, 'utf8')))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

function seemsAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: there, but somebody else's.
    return systemCode(error) === 'EPERM'
  }
}

function busy(path: string, holder: OwnerFacts | null): KeywayError {
  const port = holder?.url === undefined ? '' : new URL(holder.url).port
  const who = holder === null ? 'Another Keyway' : `Another Keyway (process ${holder.pid})`
  return new KeywayError('data_folder_busy', {
    message: `${who} owns the data folder ${path}.`,
    details: {
      holderPid: holder?.pid ?? null,
      since: holder?.since ?? null,
      ...(holder?.url === undefined ? {} : { url: holder.url }),
      ...(port === '' ? {} : { port: Number(port) }),
    },
  })
}
