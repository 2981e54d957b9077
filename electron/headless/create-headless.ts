// Puts Keyway together without Electron: conf for the small documents, the keychain or a passphrase for the key, the window served to a
// browser. What it opens it closes, in the opposite order.
import type { Keyway } from '../core/keyway.ts'
import type { LogLevel } from '../core/logging/create-logger.ts'
import { openKeyway, type OpenedKeyway } from '../core/open-keyway.ts'
import type { Browser } from '../core/ports.ts'
import { systemClock } from '../core/system-clock.ts'
import { startLocalApi, type RunningApi } from '../http/start-local-api.ts'
import type { Secret } from '../../shared/contract/secret.ts'
import { presets } from '../../shared/presets/presets.ts'
import { createBrowserOpener } from './browser-opener.ts'
import { createConfKv } from './conf-kv.ts'
import { createKeyringChild } from './keyring-child.ts'
import { createKeyringProtector, KEYRING_SERVICE } from './keyring-protector.ts'

export type HeadlessOptions = {
  dataFolder: string
  /** 0: any free one. Null: the one in the settings. */
  port: number | null
  /** The built window. */
  windowFolder: string
  /** Unlocks the vault, or makes it where there is none. Null: the window asks, unless the keychain opens it. */
  passphrase: Secret | null
  /** `unused`: the operating system's keychain is never touched. */
  keychain: 'used' | 'unused'
  logLevel: LogLevel
  version: string
  environment: Readonly<Record<string, string | undefined>>
}

export type Headless = {
  readonly keyway: Keyway
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** A fresh link to the window; works once, for ten minutes. */
  launchUrl(): string
  /** Opens the window in the system browser, by a link of its own. */
  openWindow(): ReturnType<Browser['open']>
  /** Twice is fine. */
  close(): Promise<void>
}

/** @throws KeywayError `data_folder_busy`, `port_busy`, `wrong_passphrase`, a disk's or a keychain's failure; nothing is left open then. */
export async function createHeadless(options: HeadlessOptions): Promise<Headless> {
  const { dataFolder, environment, logLevel, version } = options
  const clock = systemClock()
  const browser = createBrowserOpener({ clock, platform: process.platform, environment })
  const keyring = createKeyringProtector({ run: createKeyringChild({ service: KEYRING_SERVICE, clock }) })
  const opened = await openKeyway({
    dataFolder,
    host: { kind: 'headless', platform: process.platform, version },
    protectors: options.keychain === 'used' ? [keyring] : [],
    openKv: createConfKv,
    browser,
    environment,
    presets,
    logLevel,
  })
  try {
    if (options.passphrase !== null) await openVault(opened, options.passphrase)
    const api = await listen(opened, options)
    return headless({ opened, api, browser })
  } catch (error) {
    await opened.close()
    throw error
  }
}

async function openVault({ vault }: OpenedKeyway, passphrase: Secret): Promise<void> {
  const { kind } = vault.state()
  if (kind === 'uninitialised') await vault.initialise('passphrase', passphrase)
  if (kind === 'locked') await vault.unlock(passphrase)
}

async function listen(
  { folder, keyway, outgoing, socketPath }: OpenedKeyway,
  { port, windowFolder }: HeadlessOptions,
): Promise<RunningApi> {
  const settings = keyway.settings.get()
  const api = await startLocalApi(keyway, {
    port: port ?? settings.port,
    outgoing,
    windowFolder,
    socketPath: settings.socketDoor ? socketPath : null,
  })
  try {
    // A second start on this folder is told where this one answers.
    await folder.publish({ url: api.url })
    return api
  } catch (error) {
    await api.close()
    throw error
  }
}

function headless(parts: { opened: OpenedKeyway; api: RunningApi; browser: Browser }): Headless {
  const { opened, api, browser } = parts
  const launchUrl = (): string => api.launchUrl() ?? api.url
  let closing: Promise<void> | null = null
  return {
    keyway: opened.keyway,
    url: api.url,
    launchUrl,
    openWindow: () => browser.open(launchUrl()),
    close() {
      closing ??= api.close().then(() => opened.close())
      return closing
    },
  }
}
