// The settings: stored entries, defaults, and changes that other parts must accept.
import { KeywayError } from '../../shared/contract/errors.ts'
import {
  settings as settingsSchema,
  type Settings,
  type SettingsPatch,
} from '../../shared/contract/settings.ts'
import { createKeyedMutex } from './async.ts'
import { certificatesIn } from './network/outgoing.ts'
import type { KeyValueStore, Logger } from './ports.ts'

export type SettingsStore = {
  get(): Settings
  update(patch: SettingsPatch): Settings
  /** Reads the store again, because the values it provides may have changed. */
  reload(): void
  /**
   * Called during the change, so that the new settings are in effect when it returns. Returns a function that
   * unsubscribes.
   */
  onChange(listener: (settings: Settings) => void): () => void
}

type SettingsDeps = {
  store: KeyValueStore
  logger: Logger
  /** Called for each at startup, and again after a failed save. */
  onUnreadable?: (entry: { store: string; key: string }) => void
}

export function isSetting(name: string, value: unknown): boolean {
  const { shape } = settingsSchema
  return Object.hasOwn(shape, name) && shape[name as keyof typeof shape].safeParse(value).success
}

/**
 * Each setting is a separate entry: an unreadable one has its default and stays in the file until it is set
 * again.
 */
export function createSettings(deps: SettingsDeps): SettingsStore {
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

// A change of settings by the person: parts that must accept it are asked first, and a rejected value is not
// saved.

/**
 * Moves the local server, or throws and leaves it unchanged. Provided by the host.
 * @throws KeywayError port_busy
 */
export type ServerControl = (wanted: Pick<Settings, 'port' | 'socketDoor'>) => Promise<void>

export type SettingsChange = {
  change(patch: SettingsPatch): Promise<Settings>
  controlServer(control: ServerControl): void
}

export function createSettingsChange({
  settings,
  serverPort,
}: {
  settings: SettingsStore
  /** Null while the server does not listen. */
  serverPort: () => number | null
}): SettingsChange {
  const runExclusive = createKeyedMutex()
  let control: ServerControl | null = null
  return {
    controlServer(next) {
      control = next
    },
    change: (patch) =>
      runExclusive('settings', async () => {
        if (typeof patch.extraCa === 'string') certificatesIn(patch.extraCa)
        const before = settings.get()
        const wanted = {
          port: patch.port ?? serverPort() ?? before.port,
          socketDoor: patch.socketDoor ?? before.socketDoor,
        }
        const moves =
          (patch.port !== undefined && patch.port !== serverPort()) || wanted.socketDoor !== before.socketDoor
        const from = { port: serverPort() ?? before.port, socketDoor: before.socketDoor }
        if (moves) await inField(patch, () => control?.(wanted))
        try {
          return settings.update(patch)
        } catch (error) {
          if (moves) await control?.(from)
          throw error
        }
      }),
  }
}

async function inField(patch: SettingsPatch, move: () => Promise<void> | undefined): Promise<void> {
  try {
    await move()
  } catch (error) {
    if (!(error instanceof KeywayError)) throw error
    const { code, message, nextStep, details } = error
    const field = patch.port === undefined ? 'socketDoor' : 'port'
    throw new KeywayError(code, { message, nextStep, details: { field, ...details }, cause: error })
  }
}
