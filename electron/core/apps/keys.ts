// App keys: 256 random bits, shown once, stored as a hash. A plain SHA-256 is enough for what nobody can
// guess.
import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { AppRecord } from '../../../shared/contract/app.ts'
import type { KeywayError } from '../../../shared/contract/errors.ts'
import type { AppSession } from '../keyway.ts'
import { type Clock, newId } from '../ports.ts'

export type AppKeyRecord = AppRecord['keys'][number]

const SHAPE = /^kw_[A-Za-z0-9_-]{43}$/

export function newAppKey(createdAt: number): { key: string; record: AppKeyRecord } {
  const key = `kw_${randomBytes(32).toString('base64url')}`
  return {
    key,
    record: { id: newId('key'), sha256: digestOf(key), createdAt, expiresAt: null },
  }
}

export type KnownKey = { appId: string; keyId: string; digest: Buffer; expiresAt: number | null }

export type AppKeyIndex = {
  /**
   * The stored key that this is, expired or not; null for none. The comparison's time says nothing about the
   * stored hashes.
   */
  find(key: string): KnownKey | null
  rebuild(apps: Iterable<AppRecord>): void
}

export function createAppKeyIndex(): AppKeyIndex {
  const known = new Map<string, KnownKey>()
  return {
    find(key) {
      if (!SHAPE.test(key)) return null
      const digest = digestOf(key)
      // Looked up by the hash of what was sent, which a guesser cannot steer towards a stored one; the last
      // word is a constant-time one.
      const candidate = known.get(digest)
      if (candidate === undefined) return null
      return timingSafeEqual(candidate.digest, Buffer.from(digest, 'hex')) ? candidate : null
    },
    rebuild(apps) {
      known.clear()
      for (const app of apps) {
        for (const { id, sha256, expiresAt } of app.keys) {
          known.set(sha256, { appId: app.id, keyId: id, digest: Buffer.from(sha256, 'hex'), expiresAt })
        }
      }
    },
  }
}

/** In hex. In one go, which costs a fifth of what a hash object does. */
function digestOf(key: string): string {
  return hash('sha256', key, 'hex')
}

// Who a key belongs to right now, and a number that changes whenever the answer might: callers remember
// answers as long as it stands.

/** Very long timers are no use; a revision too many costs nothing. */
const LONGEST_TIMER_MS = 24 * 60 * 60_000

export type AppSessions = {
  authenticate(key: string): AppSession | null
  /** Why this key's app is not let in although the key is right; null for any other key. */
  heldBack(key: string): KeywayError | null
  readonly revision: number
  /** The apps changed. */
  rebuild(): void
  /** The wall clock was set, or the machine slept: what has run out meanwhile? */
  timePassed(): void
  close(): void
}

export function createAppSessions(deps: {
  clock: Clock
  list: () => AppRecord[]
  get: (id: string) => AppRecord | null
  /** A key or a permission has run out. */
  onExpired: () => void
  /** Why an app is not let in; null: it is. */
  blocked: (id: string) => KeywayError | null
}): AppSessions {
  const { clock } = deps
  const ring = createAppKeyIndex()
  const sessions = new Map<string, AppSession>()
  let revision = 0
  let cancelTimer: () => void = () => undefined

  // What runs out by itself changes answers too: a key after its rotation, a grant with an end.
  const outdate = (): void => {
    revision += 1
    sessions.clear()
    cancelTimer()
    const end = nextEnd(deps.list(), clock.now())
    if (end === null) return
    cancelTimer = clock.after(Math.min(LONGEST_TIMER_MS, end - clock.now()), timePassed)
  }
  const timePassed = (): void => {
    outdate()
    deps.onExpired()
  }
  const rebuild = (): void => {
    ring.rebuild(deps.list())
    outdate()
  }
  rebuild()

  return {
    authenticate(key) {
      const known = ring.find(key)
      if (known === null || (known.expiresAt !== null && known.expiresAt <= clock.now())) return null
      const session = sessions.get(known.keyId)
      if (session !== undefined) return session
      const app = deps.get(known.appId)
      if (app === null || app.paused || deps.blocked(app.id) !== null) return null
      const fresh = { app, keyId: known.keyId }
      sessions.set(known.keyId, fresh)
      return fresh
    },
    heldBack(key) {
      const known = ring.find(key)
      return known === null ? null : deps.blocked(known.appId)
    },
    get revision() {
      return revision
    },
    rebuild,
    timePassed,
    close: () => cancelTimer(),
  }
}

function nextEnd(apps: readonly AppRecord[], now: number): number | null {
  let next: number | null = null
  for (const { keys, grants } of apps) {
    for (const { expiresAt } of [...keys, ...grants]) {
      if (expiresAt !== null && expiresAt > now && (next === null || expiresAt < next)) next = expiresAt
    }
  }
  return next
}
