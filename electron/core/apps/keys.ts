// App keys: 256 random bits, shown once, stored as a hash. Plain SHA-256 is enough for values that cannot be
// guessed.
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
   * Finds the stored key, expired or not; null if there is none. Its timing reveals nothing about the stored
   * hashes.
   */
  find(key: string): KnownKey | null
  rebuild(apps: Iterable<AppRecord>): void
}

function createAppKeyIndex(): AppKeyIndex {
  const known = new Map<string, KnownKey>()
  return {
    find(key) {
      if (!SHAPE.test(key)) return null
      const digest = digestOf(key)
      // Looked up by the hash of the received key, which an attacker cannot steer toward a stored one; then
      // compared in constant time.
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

/** In hex. One call costs a fifth of a hash object. */
function digestOf(key: string): string {
  return hash('sha256', key, 'hex')
}

// Authenticates app keys. Sessions are cached until a result may change.

/** Longer timers are not useful; an additional check costs nothing. */
const MAX_TIMER_MS = 24 * 60 * 60_000

export type AppSessions = {
  authenticate(key: string): AppSession | null
  /** Why the app of a valid key is rejected; null for any other key. */
  rejectionOf(key: string): KeywayError | null
  /** To be called after the apps changed. */
  rebuild(): void
  /** The wall clock was set or the machine slept: checks for expired keys and permissions. */
  timePassed(): void
  close(): void
}

export function createAppSessions(deps: {
  clock: Clock
  list: () => AppRecord[]
  get: (id: string) => AppRecord | null
  /** A key or a permission has expired. */
  onExpired: () => void
  /** Why an app is rejected; null: it is not. */
  blocked: (id: string) => KeywayError | null
}): AppSessions {
  const { clock } = deps
  const ring = createAppKeyIndex()
  const sessions = new Map<string, AppSession>()
  let cancelTimer: () => void = () => undefined

  // An expiry changes results too: of a key after its rotation, or of a permission.
  const outdate = (): void => {
    sessions.clear()
    cancelTimer()
    const end = nextEnd(deps.list(), clock.now())
    if (end === null) return
    cancelTimer = clock.after(Math.min(MAX_TIMER_MS, end - clock.now()), timePassed)
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
    rejectionOf(key) {
      const known = ring.find(key)
      return known === null ? null : deps.blocked(known.appId)
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
