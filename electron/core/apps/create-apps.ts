import type { AppInput, AppRecord, AppView } from '../../../shared/contract/app.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { newId } from '../ids.ts'
import type { Activity, Apps, AppSession } from '../keyway.ts'
import type { Clock } from '../ports.ts'
import type { AppBook } from './app-book.ts'
import { createKeyRing, newAppKey } from './app-keys.ts'

const MOST_KEYS = 10
/** Very long timers overflow; a revision too many costs nothing. */
const LONGEST_TIMER_MS = 24 * 60 * 60_000

export type AppsDeps = {
  book: AppBook
  clock: Clock
  activity: Pick<Activity, 'append'>
  /** Of an app's declared needs, those that no connection meets. */
  missingOf: (app: AppRecord) => AppView['missing']
  onChanged: (appId: string) => void
}

export type AppRegistry = Apps & { record(id: string): AppRecord | null; close(): void }

export function createApps(deps: AppsDeps): AppRegistry {
  const { book, clock } = deps
  const ring = createKeyRing()
  const sessions = new Map<string, AppSession>()
  let revision = 1
  let cancelExpiry: (() => void) | null = null
  ring.rebuild(book.list())

  const view = (app: AppRecord): AppView => ({
    ...app,
    keys: app.keys.map(({ id, createdAt, expiresAt }) => ({ id, createdAt, expiresAt })),
    missing: deps.missingOf(app),
  })
  const changed = (appId: string): void => {
    ring.rebuild(book.list())
    sessions.clear()
    revision += 1
    watchExpiry()
    deps.onChanged(appId)
  }
  // What runs out by itself changes answers too: a key after its rotation, a grant with an end.
  const watchExpiry = (): void => {
    cancelExpiry?.()
    cancelExpiry = null
    const now = clock.now()
    const ends = book
      .list()
      .flatMap(({ keys, grants }) => [...keys, ...grants].map(({ expiresAt }) => expiresAt))
      .filter((end) => end !== null && end > now) as number[]
    if (ends.length === 0) return
    const delayMs = Math.min(LONGEST_TIMER_MS, Math.min(...ends) - now)
    cancelExpiry = clock.after(delayMs, () => {
      revision += 1
      sessions.clear()
      watchExpiry()
    })
  }
  const note = (app: AppRecord, what: string): void =>
    deps.activity.append({ kind: 'app', outcome: 'ok', appId: app.id, appName: app.name, note: what })
  const checkName = (name: string, except: string | null): void => {
    const isTaken = book
      .list()
      .some((app) => app.id !== except && app.name.toLowerCase() === name.toLowerCase())
    if (isTaken)
      throw new KeywayError('name_taken', {
        message: 'Another app has that name.',
        details: { field: 'name' },
      })
  }
  watchExpiry()

  return {
    list: () => book.list().map(view),
    record: book.get,
    create(input: AppInput) {
      checkName(input.name, null)
      const now = clock.now()
      const { key, record } = newAppKey(now)
      const app: AppRecord = {
        ...input,
        id: newId('app'),
        paused: false,
        keys: [record],
        createdAt: now,
        updatedAt: now,
        lastUsedAt: null,
      }
      book.save(app)
      note(app, 'made')
      changed(app.id)
      return { app: view(app), key }
    },
    update(id, patch) {
      const app = book.need(id)
      if (patch.name !== undefined) checkName(patch.name, id)
      const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined))
      const next: AppRecord = { ...app, ...given, updatedAt: clock.now() }
      book.save(next)
      note(next, next.paused === app.paused ? 'changed' : next.paused ? 'paused' : 'resumed')
      changed(id)
      return view(next)
    },
    rotateKey(id, overlapMinutes) {
      const app = book.need(id)
      const now = clock.now()
      const { key, record } = newAppKey(now)
      const overlapUntil = now + overlapMinutes * 60_000
      const still =
        overlapMinutes === 0 ? [] : app.keys.filter(({ expiresAt }) => expiresAt === null || expiresAt > now)
      const ending = still.map((old) => ({
        ...old,
        expiresAt: Math.min(old.expiresAt ?? Infinity, overlapUntil),
      }))
      const next: AppRecord = { ...app, keys: [...ending.slice(1 - MOST_KEYS), record], updatedAt: now }
      book.save(next)
      note(next, `key rotated, the old one ends in ${overlapMinutes} min`)
      changed(id)
      return { app: view(next), key }
    },
    remove(id) {
      const app = book.need(id)
      book.remove(id)
      note(app, 'removed')
      changed(id)
    },
    authenticate(key) {
      const known = ring.find(key)
      if (known === null || (known.expiresAt !== null && known.expiresAt <= clock.now())) return null
      const session = sessions.get(known.keyId)
      if (session !== undefined) return session
      const app = book.get(known.appId)
      if (app === null || app.paused) return null
      const fresh = { app, keyId: known.keyId }
      sessions.set(known.keyId, fresh)
      return fresh
    },
    get revision() {
      return revision
    },
    noteUse: book.used,
    close() {
      cancelExpiry?.()
      book.close()
    },
  }
}
