// The settings: stored entries, defaults, and changes that other parts must accept.
import { KeywayError } from '../../shared/contract/errors.ts'
import { z } from 'zod'
import { Secret } from '../../shared/contract/secret.ts'
import {
  PASSWORD_MASK,
  settings as settingsSchema,
  type Settings,
  type SettingsPatch,
} from '../../shared/contract/settings.ts'
import { createKeyedMutex } from './async.ts'
import { certificatesIn } from './network/outgoing.ts'
import { parseProxy, splitProxyPassword, withProxyPassword } from './network/proxy-choice.ts'
import type { KeyValueStore, Logger } from './ports.ts'
import type { SecretBox } from './vault/status.ts'

export type SettingsStore = {
  /** Without the proxy's password: `PASSWORD_MASK` stands in its place. */
  get(): Settings
  /**
   * The proxy's address with its password.
   * @throws KeywayError vault_locked if there is a password
   */
  proxyUrl(): string | null
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
  /** Encrypts the proxy's password. */
  box: Pick<SecretBox, 'seal' | 'open'>
  /** Called for each at startup, and again after a failed save. */
  onUnreadable?: (entry: { store: string; key: string }) => void
}

/** An entry beside the settings: the encrypted password of the proxy with exactly this address. */
const PROXY_PASSWORD = 'proxyPassword'
const proxyPasswordEntry = z.strictObject({ proxyUrl: z.string(), sealed: z.string() })
const associatedData = (proxyUrl: string): string => `settings/proxyPassword/${proxyUrl}`

export function isSetting(name: string, value: unknown): boolean {
  if (name === PROXY_PASSWORD) return proxyPasswordEntry.safeParse(value).success
  const { shape } = settingsSchema
  return Object.hasOwn(shape, name) && shape[name as keyof typeof shape].safeParse(value).success
}

/** The password of the proxy is encrypted and bound to the proxy's address. */
function createProxyPassword({ store, box }: Pick<SettingsDeps, 'store' | 'box'>) {
  const sealedFor = (proxyUrl: string | null): string | null => {
    const entry = proxyPasswordEntry.safeParse(store.get(PROXY_PASSWORD))
    return entry.success && entry.data.proxyUrl === proxyUrl ? entry.data.sealed : null
  }
  return {
    mask: (stored: Settings): Settings =>
      stored.proxyUrl === null || sealedFor(stored.proxyUrl) === null
        ? stored
        : { ...stored, proxyUrl: withProxyPassword(stored.proxyUrl, PASSWORD_MASK) },
    addTo(proxyUrl: string | null): string | null {
      const sealed = sealedFor(proxyUrl)
      if (proxyUrl === null || sealed === null) return proxyUrl
      return withProxyPassword(proxyUrl, box.open(sealed, associatedData(proxyUrl)).reveal())
    },
    /** Encrypts a new password first, so that nothing is stored if the vault is locked. */
    takeFrom(patch: SettingsPatch): SettingsPatch {
      if (patch.proxyUrl === undefined) return patch
      const { url, password } =
        patch.proxyUrl === null ? { url: null, password: null } : splitProxyPassword(patch.proxyUrl)
      if (url !== null && password !== null && password !== PASSWORD_MASK) {
        const sealed = box.seal(new Secret(password), associatedData(url))
        store.set(PROXY_PASSWORD, { proxyUrl: url, sealed })
      } else if (url === null || (password === null && sealedFor(url) !== null)) {
        store.delete(PROXY_PASSWORD)
      }
      return { ...patch, proxyUrl: url }
    },
  }
}

/**
 * Each setting is a separate entry: an unreadable one has its default and stays in the file until it is set
 * again.
 */
export function createSettings(deps: SettingsDeps): SettingsStore {
  const { store } = deps
  const listeners = new Set<(settings: Settings) => void>()
  const password = createProxyPassword(deps)
  let stored = load(deps)
  let current = password.mask(stored)
  const take = (next: Settings): void => {
    stored = next
    current = password.mask(next)
  }
  return {
    get: () => current,
    proxyUrl: () => password.addTo(stored.proxyUrl),
    update(patch) {
      settingsSchema.parse({ ...current, ...patch })
      try {
        const given = Object.entries(password.takeFrom(patch)).filter(([, value]) => value !== undefined)
        const next = settingsSchema.parse({ ...stored, ...Object.fromEntries(given) })
        for (const [name, value] of given) store.set(name, value)
        take(next)
      } catch (error) {
        // Some may have been written before the disk refused.
        take(load(deps))
        throw error
      } finally {
        for (const listener of listeners) listener(current)
      }
      return current
    },
    reload() {
      take(load(deps))
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
      if (name !== PROXY_PASSWORD) readable[name] = value
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
        if (typeof patch.proxyUrl === 'string') checkProxy(patch.proxyUrl)
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

function checkProxy(proxyUrl: string): void {
  if (parseProxy(proxyUrl) !== null) return
  throw new KeywayError('invalid_request', {
    message: 'The proxy is not an address that can be used.',
    nextStep:
      'Give host:port, or an http, https or socks5 address. Write special characters of a password as %XX.',
    details: { field: 'proxyUrl' },
  })
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
