// One process per userData folder. The second one leaves its command line in the first one's inbox, which is
// a folder: Electron's call answers synchronously, and files are what a dying process can still write.
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  watch,
  writeFileSync,
  type FSWatcher,
} from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { describeProcess, isSameProcess } from './process-identity.ts'

export type SecondInstance = { argv: string[]; workingDirectory: string; additionalData: unknown }

export type SingleInstanceLock = {
  request(instance: SecondInstance): boolean
  isHeld(): boolean
  release(): void
}

const ownerSchema = z.object({ pid: z.number(), startedAt: z.string() })
const instanceSchema = z.object({
  argv: z.array(z.string()),
  workingDirectory: z.string(),
  additionalData: z.unknown().optional(),
})

function readOwner(lockPath: string): z.infer<typeof ownerSchema> | null {
  try {
    return ownerSchema.parse(JSON.parse(readFileSync(lockPath, 'utf8')))
  } catch {
    // Gone again, or cut off by a crash: nobody can be named, so nobody holds it.
    return null
  }
}

function tryCreate(lockPath: string): boolean {
  try {
    writeFileSync(lockPath, JSON.stringify(describeProcess(process.pid)), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

export function createSingleInstanceLock(
  userData: () => string,
  onSecondInstance: (instance: SecondInstance) => void,
): SingleInstanceLock {
  let held: { lockPath: string; inbox: string; watcher: FSWatcher } | null = null

  const readInbox = (inbox: string): void => {
    for (const name of readdirSync(inbox).filter((file) => file.endsWith('.json'))) {
      const path = join(inbox, name)
      const { additionalData, ...instance } = instanceSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
      rmSync(path)
      onSecondInstance({ ...instance, additionalData })
    }
  }

  const acquire = (lockPath: string, inbox: string): boolean => {
    if (!tryCreate(lockPath)) {
      const owner = readOwner(lockPath)
      if (owner && isSameProcess(owner)) return false
      rmSync(lockPath, { force: true })
      if (!tryCreate(lockPath)) return false
    }
    const watcher = watch(inbox, () => {
      readInbox(inbox)
    })
    watcher.unref()
    held = { lockPath, inbox, watcher }
    // Somebody may have been quicker than the watcher.
    readInbox(inbox)
    return true
  }

  return {
    request: (instance) => {
      if (held) return true
      const folder = userData()
      const inbox = join(folder, 'SingletonInbox')
      mkdirSync(inbox, { recursive: true })
      if (acquire(join(folder, 'SingletonLock'), inbox)) return true
      const message = join(inbox, `${process.pid}`)
      writeFileSync(message, JSON.stringify(instance))
      renameSync(message, `${message}.json`)
      return false
    },
    isHeld: () => held !== null,
    release: () => {
      held?.watcher.close()
      if (held) {
        rmSync(held.inbox, { recursive: true, force: true })
        rmSync(held.lockPath, { force: true })
      }
      held = null
    },
  }
}
