// App keys: 256 random bits, shown once, stored as a hash. A plain SHA-256 is enough for what nobody can guess.
import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { AppRecord } from '../../../shared/contract/app.ts'
import { newId } from '../ids.ts'

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

export type KeyRing = {
  /** The stored key that this is, expired or not; null for none. The comparison's time says nothing about the stored hashes. */
  find(key: string): KnownKey | null
  rebuild(apps: Iterable<AppRecord>): void
}

export function createKeyRing(): KeyRing {
  const known = new Map<string, KnownKey>()
  return {
    find(key) {
      if (!SHAPE.test(key)) return null
      const digest = digestOf(key)
      // Looked up by the hash of what was sent, which a guesser cannot steer towards a stored one; the last word is a constant-time one.
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
