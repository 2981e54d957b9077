// Sessions of windows in a browser. A cookie is not enough: browsers send it to every port of this machine.
// So each session also has a CSRF token, which only the page at this very origin was given. Only hashes of
// both are kept, in memory and on disk.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { Clock, Logger } from '../../core/ports.ts'
import type { Presence, WindowSession } from '../../core/presence/presence.ts'
import { systemCode, writeDurably } from '../../core/storage/durable-file.ts'

/**
 * Who asked for the link that opened the window: the service itself or its terminal, or a program in a shell.
 */
export type LinkAsker = 'person' | 'shell'

/** With the port behind it: two Keyways on one machine share the browser's cookies. */
const COOKIE = 'keyway_window_'
/** A window that has not been used for this long signs itself out. */
const IDLE_MS = 12 * 60 * 60_000
/** However much it is used. */
const LONGEST_MS = 7 * 24 * 60 * 60_000
/** Calls that are under way while a proof replaces the session. */
const REPLACED_MS = 30_000
/** How far behind the file may be about when a window was used. */
const SAVE_EVERY_MS = 10 * 60_000
const MOST = 50

type Halves = { cookie: string; proof: string }

export type WindowSessions = {
  /**
   * A new session, on disk when it resolves: the Set-Cookie value, and what the page has to send beside the
   * cookie.
   */
  open(asker: LinkAsker, port: number): Promise<Halves>
  /** The session that one of the Cookie headers names, when this is its proof; keeps it alive. */
  find(cookies: readonly string[], proof: string): WindowSession | null
  /**
   * A new one in its place. What the old one's cookie and proof open ends within seconds, and is present
   * nowhere.
   */
  renew(session: WindowSession, port: number): Halves & { session: WindowSession }
  /** What was opened and renewed so far is on disk. */
  saved(): Promise<void>
}

type Entry = StoredSession & { session: WindowSession; savedAt: number; endsAt: number; replaced: boolean }

export type WindowSessionsDeps = {
  clock: Clock
  logger: Logger
  presence: Pick<Presence, 'newSession'>
  /** Null: a restart signs every browser out. */
  file: string | null
}

export function createWindowSessions({ clock, logger, presence, file }: WindowSessionsDeps): WindowSessions {
  const stored = openSessionFile(file, logger)
  const entries = restore(stored.load(), clock.now(), presence)
  const save = (): Promise<void> => stored.save([...entries.values()].filter(({ replaced }) => !replaced))
  const prune = (): void => {
    for (const [name, { endsAt }] of entries) {
      if (clock.now() >= endsAt || entries.size >= MOST) entries.delete(name)
    }
  }
  const add = (session: WindowSession, port: number): Halves => {
    prune()
    const [value, proof] = [randomHalf(), randomHalf()]
    const now = clock.now()
    const halves = { cookieHash: hashOf(value), proofHash: hashOf(proof) }
    entries.set(halves.cookieHash, entryOf({ ...halves, openedAt: now, usedAt: now }, session, now))
    return { cookie: `${COOKIE}${port}=${value}; Path=/ui; HttpOnly; SameSite=Strict`, proof }
  }
  const keepAlive = (entry: Entry): void => {
    if (entry.replaced) return
    entry.usedAt = clock.now()
    entry.endsAt = endOf(entry)
    if (entry.usedAt - entry.savedAt < SAVE_EVERY_MS) return
    entry.savedAt = entry.usedAt
    void save()
  }
  return {
    async open(asker, port) {
      const halves = add(presence.newSession(asker), port)
      await save()
      return halves
    },
    find(cookies, proof) {
      const entry = cookies
        .flatMap(valuesIn)
        .map((value) => entries.get(hashOf(value)))
        .find((each) => each !== undefined && clock.now() < each.endsAt && isProofOf(each, proof))
      if (entry === undefined) return null
      keepAlive(entry)
      return entry.session
    },
    renew(session, port) {
      for (const entry of entries.values()) {
        if (entry.session !== session || entry.replaced) continue
        entry.replaced = true
        entry.endsAt = Math.min(entry.endsAt, clock.now() + REPLACED_MS)
      }
      const fresh = presence.newSession('shell')
      const halves = add(fresh, port)
      void save()
      return { ...halves, session: fresh }
    },
    saved: stored.saved,
  }
}

function restore(
  stored: readonly StoredSession[],
  now: number,
  presence: WindowSessionsDeps['presence'],
): Map<string, Entry> {
  // One from the future: the clock was set back since, and nobody can say how old it is.
  const known = stored.filter(({ usedAt }) => usedAt <= now + IDLE_MS)
  return new Map(known.map((each) => [each.cookieHash, entryOf(each, presence.newSession('restored'), now)]))
}

const entryOf = (stored: StoredSession, session: WindowSession, now: number): Entry => ({
  ...stored,
  session,
  savedAt: now,
  endsAt: endOf(stored),
  replaced: false,
})

const endOf = ({ openedAt, usedAt }: StoredSession): number =>
  Math.min(openedAt + LONGEST_MS, usedAt + IDLE_MS)

const isProofOf = ({ proofHash }: Entry, proof: string): boolean =>
  timingSafeEqual(Buffer.from(proofHash), Buffer.from(hashOf(proof)))

const randomHalf = (): string => randomBytes(32).toString('base64url')
const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64')

/** Whatever port they were set at: the server may have moved since. */
function valuesIn(cookie: string): string[] {
  return cookie
    .split(';')
    .map((pair) => pair.trim().split('='))
    .filter(([name = '']) => name.startsWith(COOKIE))
    .map(([, value]) => value ?? '')
}

// Where the sessions of windows in a browser outlive a restart of the service: hashes only, so that the file
// opens nothing.

const storedSession = z.object({
  /** SHA-256, base64. */
  cookieHash: z.string().length(44),
  proofHash: z.string().length(44),
  /** Epoch ms. */
  openedAt: z.number(),
  usedAt: z.number(),
})
const storedFile = z.object({ version: z.literal(1), sessions: z.array(storedSession).max(1000) })
export type StoredSession = z.output<typeof storedSession>

export type SessionFile = {
  load(): StoredSession[]
  /**
   * On disk when it resolves, with what was saved before. A disk that refuses costs a restart its windows,
   * nothing else.
   */
  save(sessions: readonly StoredSession[]): Promise<void>
  /** What was saved so far is on disk. */
  saved(): Promise<void>
}

/** Null: nowhere; a restart signs every browser out. */
function openSessionFile(path: string | null, logger: Logger): SessionFile {
  let last: Promise<void> = Promise.resolve()
  const write = async (file: string, sessions: readonly StoredSession[]): Promise<void> => {
    const plain = sessions.map((session) => storedSession.parse(session))
    try {
      await writeDurably(file, JSON.stringify({ version: 1, sessions: plain }))
    } catch (error) {
      logger.warn('The sessions of open windows could not be saved', { error })
    }
  }
  return {
    load: () => (path === null ? [] : load(path, logger)),
    save(sessions) {
      if (path !== null) last = last.then(() => write(path, sessions))
      return last
    },
    saved: () => last,
  }
}

function load(path: string, logger: Logger): StoredSession[] {
  try {
    return storedFile.parse(JSON.parse(readFileSync(path, 'utf8'))).sessions
  } catch (error) {
    if (systemCode(error) !== 'ENOENT')
      logger.warn('The sessions of open windows could not be read; each opens again by a link', { error })
    return []
  }
}
