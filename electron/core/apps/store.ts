// Stores the apps. An entry that cannot be parsed stays in the file unchanged and grants nothing.
import { appRecord, type AppRecord } from '../../../shared/contract/app.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Clock, KeyValueStore, Logger } from '../ports.ts'

/** Delay for writing an app's last use, because each write replaces the whole file. */
const LAZY_MS = 5 * 60_000

export type AppStore = {
  list(): AppRecord[]
  get(id: string): AppRecord | null
  /** @throws KeywayError not_found */
  getOrThrow(id: string): AppRecord
  /** @throws KeywayError disk_full | save_failed; nothing has changed then */
  save(app: AppRecord): void
  remove(id: string): void
  /** Records the last use: in memory at once, on disk within minutes. */
  used(id: string): void
  close(): void
}

export type AppStoreDeps = {
  store: KeyValueStore
  clock: Clock
  logger: Logger
  onUnreadable: (entry: { store: string; key: string }) => void
}

export function createAppStore(deps: AppStoreDeps): AppStore {
  const { store, clock, logger } = deps
  const apps = load(deps)
  const stale = new Set<string>()
  let cancel: (() => void) | null = null
  const flush = (): void => {
    cancel?.()
    cancel = null
    for (const id of stale) {
      try {
        store.set(id, apps.get(id))
      } catch (error) {
        logger.warn("An app's last use could not be noted on disk", { appId: id, error })
      }
    }
    stale.clear()
  }

  return {
    list: () => [...apps.values()],
    get: (id) => apps.get(id) ?? null,
    getOrThrow(id) {
      const app = apps.get(id)
      if (app === undefined) throw noSuchApp(id)
      return app
    },
    save(app) {
      store.set(app.id, app)
      apps.set(app.id, app)
      stale.delete(app.id)
    },
    remove(id) {
      store.delete(id)
      apps.delete(id)
      stale.delete(id)
    },
    used(id) {
      const app = apps.get(id)
      if (app === undefined) return
      // Changed in place: sessions return this object on every request, and a copy would make cached ones
      // outdated.
      app.lastUsedAt = clock.now()
      stale.add(id)
      cancel ??= clock.after(LAZY_MS, flush)
    },
    close: flush,
  }
}

export const isAppEntry = (key: string, value: unknown): boolean =>
  appRecord.safeParse(value).data?.id === key

function load({ store, logger, onUnreadable }: AppStoreDeps): Map<string, AppRecord> {
  const apps = new Map<string, AppRecord>()
  for (const [key, value] of store.entries()) {
    const parsed = appRecord.safeParse(value)
    if (parsed.success && parsed.data.id === key) {
      apps.set(key, parsed.data)
      continue
    }
    logger.warn('An app could not be read; it is kept as it is', { key, error: parsed.error })
    onUnreadable({ store: 'apps', key })
  }
  return apps
}

function noSuchApp(id: string): KeywayError {
  return new KeywayError('not_found', {
    message: 'No app has that id.',
    nextStep: 'Look at the apps in the window.',
    details: { appId: id },
  })
}
