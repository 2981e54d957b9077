// The registered apps: creating and changing them, their keys and sessions.
import type { AppInput, AppPatch, AppRecord, AppView } from '../../../shared/contract/app.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { AuditLog, Apps } from '../keyway.ts'
import { type Clock, newId } from '../ports.ts'
import { type AppKeyRecord, createAppSessions, newAppKey } from './keys.ts'
import type { AppStore } from './store.ts'

export type AppsDeps = {
  store: AppStore
  clock: Clock
  activity: Pick<AuditLog, 'append'>
  /** The app's declared needs that no connection meets. */
  missingOf: (app: AppRecord) => AppView['missing']
  /** The person's approvals for some minutes. */
  rememberedOf: (appId: string) => AppView['remembered']
  onChanged: (appId: string) => void
  /** A key or a permission has expired. */
  onExpired: () => void
  /** Why an app is rejected whatever its key; null: it is not. */
  blocked: (appId: string) => KeywayError | null
}

export type AppRegistry = Apps & {
  record(id: string): AppRecord | null
  records(): AppRecord[]
  /**
   * Adds an imported app with its keys.
   * @throws KeywayError disk_full | save_failed
   */
  adopt(app: AppRecord): void
  timePassed(): void
  /**
   * Restores an app.
   * @throws KeywayError disk_full | save_failed
   */
  put(app: AppRecord): void
  /** Rejections may have changed: cached authentications become invalid. */
  recheck(): void
  close(): void
}

export function createApps(deps: AppsDeps): AppRegistry {
  const { store, clock, activity } = deps
  const sessions = createAppSessions({ ...deps, list: store.list, get: store.get })
  const view = (app: AppRecord): AppView => ({
    ...app,
    keys: app.keys.map(({ id, createdAt, expiresAt }) => ({ id, createdAt, expiresAt })),
    missing: deps.missingOf(app),
    remembered: deps.rememberedOf(app.id),
  })
  const announce = (app: AppRecord, what: string): void => {
    sessions.rebuild()
    activity.append({ kind: 'app', outcome: 'ok', appId: app.id, appName: app.name, note: what })
    deps.onChanged(app.id)
  }
  const save = (app: AppRecord, what: string): AppView => {
    store.save(app)
    announce(app, what)
    return view(app)
  }

  return {
    list: () => store.list().map(view),
    record: store.get,
    records: store.list,
    adopt: (app) => void save(app, 'imported'),
    create(input) {
      checkName(store, input.name, null)
      const { app, key } = newApp(input, clock.now())
      return { app: save(app, 'made'), key }
    },
    update(id, patch) {
      const before = store.getOrThrow(id)
      if (patch.name !== undefined) checkName(store, patch.name, id)
      const app = changedApp(before, patch, clock.now())
      return save(app, pausing(before, app) ?? 'changed')
    },
    rotateKey(id, overlapMinutes) {
      const { app, key } = withNewKey(store.getOrThrow(id), overlapMinutes, clock.now())
      return { app: save(app, `new key; the ones before end in ${overlapMinutes} min`), key }
    },
    remove(id) {
      const app = store.getOrThrow(id)
      store.remove(id)
      announce(app, 'removed')
    },
    authenticate: sessions.authenticate,
    rejectionOf: sessions.rejectionOf,
    recheck: sessions.rebuild,
    put: (app) => void save(app, 'put back as it was'),
    noteUse: store.used,
    timePassed: sessions.timePassed,
    close() {
      sessions.close()
      store.close()
    },
  }
}

function checkName(store: AppStore, name: string, except: string | null): void {
  const isTaken = store
    .list()
    .some((app) => app.id !== except && app.name.toLowerCase() === name.toLowerCase())
  if (!isTaken) return
  throw new KeywayError('name_taken', { message: 'Another app has that name.', details: { field: 'name' } })
}

function pausing(before: AppRecord, after: AppRecord): string | null {
  if (before.paused === after.paused) return null
  return after.paused ? 'paused' : 'resumed'
}

// Builds app records: new, changed, or with another key. Pure except for the random key.

const MAX_KEYS = 10

function newApp(input: AppInput, now: number): { app: AppRecord; key: string } {
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
  return { app, key }
}

function changedApp(app: AppRecord, patch: AppPatch, now: number): AppRecord {
  const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined))
  return { ...app, ...given, updatedAt: now }
}

/** Adds a new key; the old ones expire after the overlap. */
function withNewKey(app: AppRecord, overlapMinutes: number, now: number): { app: AppRecord; key: string } {
  const { key, record } = newAppKey(now)
  const endsAt = now + overlapMinutes * 60_000
  const ending: AppKeyRecord[] = []
  for (const old of app.keys) {
    const end = Math.min(old.expiresAt ?? Number.POSITIVE_INFINITY, endsAt)
    if (end > now) ending.push({ ...old, expiresAt: end })
  }
  return { app: { ...app, keys: [...ending.slice(1 - MAX_KEYS), record], updatedAt: now }, key }
}
