// The data folder: private to its user, owned by one process at a time, with a note about that process.
import { createHash } from 'node:crypto'
import { chmodSync, type Dirent, mkdirSync, readdirSync, readFileSync, statSync, unlinkSync } from 'node:fs'
import { dirname, isAbsolute, join, posix, resolve as resolvePath, win32 } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Clock, Logger } from '../ports.ts'
import { removeLeftovers, systemCode, toSaveError, writeDurably, writeDurablySync } from './durable-file.ts'
import { quarantineFile } from './quarantine.ts'
import { type OwnerLock, takeOwnerLock } from './owner-lock.ts'

/** What a second process may know about the owner, to pass its request on. Never a secret. */
const ownerFacts = z.object({
  pid: z.number().int().positive(),
  /** Epoch milliseconds. */
  since: z.number(),
  url: z.url().optional(),
})
export type OwnerFacts = z.output<typeof ownerFacts>

/** On a busy machine the owner may need this many attempts to write its note. */
const MAX_ATTEMPTS = 200
const ATTEMPT_MS = 25

export type DataFolder = {
  readonly path: string
  /** The path of a file or folder in the data folder. */
  resolve(...names: string[]): string
  /**
   * Tells a second process where this one can be reached.
   * @throws KeywayError `disk_full` | `save_failed`
   */
  publish(facts: { url: string }): Promise<void>
  /** Releases the folder. May be called twice. */
  close(): void
}

/**
 * Opens the folder as its only owner and creates it if missing.
 * @throws KeywayError `data_folder_busy` with `{ holderPid, since, url?, port? }` while another process owns
 * it; `save_failed` | `disk_full` if it cannot be created, read or locked, or belongs to another user;
 * `folder_link`.
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

// The note only helps a second process. With a full disk the data can still be read and tokens served.
function noteOwner(path: string, facts: OwnerFacts, logger: Logger): void {
  try {
    writeDurablySync(path, JSON.stringify(facts))
  } catch (error) {
    if (toSaveError(error, path).code !== 'disk_full') throw error
    logger.warn('The disk is full: a second process will not be told who owns the data folder', { path })
  }
}

/**
 * The owner of the folder at `path` according to its note; null without a note. The note may be left by a
 * killed owner; the lock is not.
 */
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
 * Takes the lock or finds its owner. Concurrent processes may each find the lock busy for a moment, so it is
 * retried while no living process is named as the owner. The owner writes its note right after it took the
 * lock; a note of a dead process is from the previous owner and will be replaced.
 */
async function takeOrFindOwner(path: string, factsPath: string): Promise<OwnerLock | OwnerFacts | null> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const lock = lockOf(path)
    if (lock !== null) return lock
    const facts = factsAt(factsPath)
    if (facts !== null && seemsAlive(facts.pid)) return facts
    await pause(ATTEMPT_MS)
  }
  // The owner is in another container, where its pid has no meaning here.
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
    // EPERM: the process exists but belongs to another user.
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

// Makes a folder private to its user: creates it if missing, and restricts the permissions of it and its
// content.

const FOLDER_MODE = 0o700
const FILE_MODE = 0o600

/**
 * @throws KeywayError `save_failed` | `disk_full` if it cannot be created or restricted, or belongs to
 * another user.
 */
function makePrivateFolder(path: string, logger: Logger): void {
  try {
    makeFolders(path)
    if (process.platform === 'win32') return
    const { mode, uid } = statSync(path)
    checkOwner(path, uid, logger)
    const wasOpen = (mode & 0o077) !== 0
    if (wasOpen) {
      logger.warn('The data folder was open to other users; closed it', {
        path,
        mode: (mode & 0o777).toString(8),
      })
    }
    // Also restores rights that the umask or somebody removed from the owner.
    if ((mode & 0o777) !== FOLDER_MODE) chmodSync(path, FOLDER_MODE)
    // Below a private folder nobody else can reach anything, so checking the first level is enough.
    closeContent(path, wasOpen ? 'all' : 'first level')
  } catch (error) {
    throw toSaveError(error, path)
  }
}

/** Not with `recursive`: where a file system does not create folders (below /proc), Node loops forever. */
function makeFolders(path: string, parents: 'to be made' | 'made' = 'to be made'): void {
  try {
    mkdirSync(path, FOLDER_MODE)
  } catch (error) {
    const reason = systemCode(error)
    const isThere = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
    if (isThere) return
    if (reason !== 'ENOENT' || parents === 'made' || dirname(path) === path) throw error
    makeFolders(dirname(path))
    makeFolders(path, 'made')
  }
}

function checkOwner(path: string, uid: number, logger: Logger): void {
  const self = process.getuid?.()
  if (self === undefined || uid === self) return
  // Root is allowed: a container's root in a volume of the host's user. The other owner cannot read the files
  // (0600), only delete them.
  if (self === 0) return logger.warn('The data folder belongs to another user', { path, uid })
  throw new KeywayError('save_failed', {
    message: 'The data folder belongs to another user.',
    nextStep: 'Start Keyway as the user who owns the folder, or choose another data folder.',
    details: { file: path },
  })
}

/**
 * A copied or restored folder may have other permissions. Links are skipped, because their targets do not
 * belong to Keyway.
 */
function closeContent(folder: string, depth: 'all' | 'first level'): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const wanted = modeFor(entry)
    if (wanted === null) continue
    const path = join(folder, entry.name)
    try {
      if ((statSync(path).mode & 0o777) !== wanted) chmodSync(path, wanted)
      if (depth === 'all' && entry.isDirectory()) closeContent(path, depth)
    } catch (error) {
      // The owner of the folder may be writing: its temporary files appear and disappear.
      if (systemCode(error) !== 'ENOENT') throw error
    }
  }
}

function modeFor(entry: Dirent): number | null {
  if (entry.isDirectory()) return FOLDER_MODE
  return entry.isFile() || entry.isSocket() ? FILE_MODE : null
}

// The default location of the data folder.

export type Place = {
  platform: NodeJS.Platform
  home: string
  environment: Readonly<Record<string, string | undefined>>
}

/** `--data`, then KEYWAY_DATA, then the platform's location for application data. */
export function dataLocation(chosen: string | undefined, { platform, home, environment }: Place): string {
  const explicit = chosen ?? environment['KEYWAY_DATA']
  if (explicit !== undefined && explicit !== '') return explicit
  if (platform === 'win32') {
    return win32.join(environment['APPDATA'] ?? win32.join(home, 'AppData', 'Roaming'), 'Keyway')
  }
  if (platform === 'darwin') return posix.join(home, 'Library', 'Application Support', 'Keyway')
  // XDG Base Directory Specification: relative paths must be ignored.
  const xdg = environment['XDG_DATA_HOME'] ?? ''
  return posix.join(isAbsolute(xdg) ? xdg : posix.join(home, '.local', 'share'), 'keyway')
}

/** The longest path in bytes that every system can bind a socket to. */
const MAX_BYTES = 100

/**
 * The path of the local socket: inside the data folder, so that only its user can connect. Null if no socket
 * can be bound.
 */
export function socketPathIn(folder: string, platform: NodeJS.Platform = process.platform): string | null {
  if (platform === 'win32') {
    const name = createHash('sha256').update(folder).digest('hex').slice(0, 16)
    return `\\\\.\\pipe\\keyway-${name}`
  }
  const path = join(folder, 'keyway.sock')
  return Buffer.byteLength(path) <= MAX_BYTES ? path : null
}

// Rejects symbolic links in the data folder: Keyway would read, overwrite or empty a file that is not its
// own. A linked record counts as unreadable; any other link stops the start with an error.

/** The names that Keyway itself creates in the folder. The person put everything else there. */
const OWN =
  /^(?:owner\.(?:lock|json)|keyway\.(?:log(?:\.1)?|sock)|window-sessions\.json|(?:settings|providers|apps)(?:\.last-good)?\.json|integrity(?:\.copy)?\.json|activity|connections|vault|imports|practice-provider|set-aside)$/

/**
 * Folders whose files are written in place. Record files are many, and are opened without following links.
 */
const FOLDERS = ['activity', 'vault']

/**
 * Checks the folder before anything in it is opened. A dangling link stays: the code that needs the file
 * quarantines it. Pipes (which block a reader) and devices are quarantined now.
 * @throws KeywayError `folder_link`
 */
function refuseLinks(folder: string, logger: Logger): void {
  for (const entry of entriesOf(folder)) if (OWN.test(entry.name)) look(folder, entry, logger)
  for (const name of FOLDERS) {
    const path = join(folder, name)
    for (const entry of entriesOf(path)) look(path, entry, logger)
  }
}

function look(folder: string, entry: Dirent, logger: Logger): void {
  const path = join(folder, entry.name)
  if (entry.isFIFO() || entry.isBlockDevice() || entry.isCharacterDevice()) {
    logger.warn('What is neither a file nor a folder was set aside', {
      file: path,
      setAsidePath: quarantineFile(path, Date.now()),
    })
    return
  }
  if (!entry.isSymbolicLink() || statSync(path, { throwIfNoEntry: false }) === undefined) return
  throw new KeywayError('folder_link', {
    message: `“${entry.name}” in the data folder is a symbolic link, and Keyway follows none there.`,
    details: { file: path },
  })
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    // Missing, or not a folder: the code that creates it reports that.
    return []
  }
}
