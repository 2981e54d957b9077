import {
  settings as settingsSchema,
  type Settings,
  type SettingsPatch,
} from '../../shared/contract/settings.ts'
import type { KeyValueStore, Logger } from './ports.ts'

export type SettingsBook = {
  get(): Settings
  update(patch: SettingsPatch): Settings
  /** Reads the store again: what it holds back, or no longer, counts from now on. */
  reload(): void
  /** Called within the change itself: what comes after it finds the new settings in force. Returns how to stop. */
  onChange(listener: (settings: Settings) => void): () => void
}

type SettingsDeps = {
  store: KeyValueStore
  logger: Logger
  /** Told of each at the start, and again after a failed save. */
  onUnreadable?: (entry: { store: string; key: string }) => void
}

export function isSetting(name: string, value: unknown): boolean {
  const { shape } = settingsSchema
  return Object.hasOwn(shape, name) && shape[name as keyof typeof shape].safeParse(value).success
}

/** Each setting is an entry of its own: one that cannot be read falls back to its default and stays in the file until it is set anew. */
export function createSettings(deps: SettingsDeps): SettingsBook {
  const { store } = deps
  const listeners = new Set<(settings: Settings) => void>()
  let current = load(deps)
  return {
    get: () => current,
    update(patch) {
      const given = Object.entries(patch).filter(([, value]) => value !== undefined)
      const next = settingsSchema.parse({ ...current, ...Object.fromEntries(given) })
      try {
        for (const [name, value] of given) store.set(name, value)
        current = next
      } catch (error) {
        // Some may have been written before the disk refused.
        current = load(deps)
        throw error
      } finally {
        for (const listener of listeners) listener(current)
      }
      return current
    },
    reload() {
      current = load(deps)
      for (const listener of listeners) listener(current)
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

function load({ store, logger, onUnreadable }: SettingsDeps): Settings {
  const readable: Record<string, unknown> = {}
  for (const [name, value] of store.entries()) {
    if (isSetting(name, value)) {
      readable[name] = value
      continue
    }
    logger.warn('A setting could not be read; its default is used', { setting: name })
    onUnreadable?.({ store: 'settings', key: name })
  }
  return settingsSchema.parse(readable)
}
