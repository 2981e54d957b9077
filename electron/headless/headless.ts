// Assembles Keyway without Electron: conf for the small documents, the keychain or a passphrase for the key,
// the window served to a browser. Closes everything in the opposite order.
import Conf from 'conf'
import { asKeywayError } from '../../shared/contract/errors.ts'
import type { Secret } from '../../shared/contract/secret.ts'
import { presets } from '../../shared/presets/presets.ts'
import type { Keyway } from '../core/keyway.ts'
import type { LogLevel } from '../core/logging/logger.ts'
import { type OpenedKeyway, openKeyway } from '../core/open-keyway.ts'
import { type Browser, type KeyValueStore, systemClock } from '../core/ports.ts'
import type { OpenPracticeProvider } from '../core/practice/practice-providers.ts'
import { confOptions, createGuardedKv, type GuardedKvDeps } from '../core/storage/document.ts'
import { type LocalServer, openLocalServer } from '../http/server/local-server.ts'
import type { StartupListener } from '../http/server/startup-listener.ts'
import { createBrowserOpener } from './browser-opener.ts'
import { createKeyringChild } from './keyring-child.ts'
import { createKeyringKeyWrapper, KEYRING_SERVICE } from './keyring-key-wrapper.ts'

export type HeadlessOptions = {
  dataFolder: string
  /** 0: any free port. Null: the port in the settings. */
  port: number | null
  /**
   * Listens during the start and holds requests until the host is ready. Closed when the settings name
   * another port.
   */
  startupListener?: StartupListener | null
  /** Folder of the built window. */
  windowFolder: string
  /** The built worker that reads files from elsewhere; absent: its source. */
  readerFile?: string
  /**
   * Unlocks the vault, or creates it where there is none. Null: the window asks, unless the keychain unlocks
   * it.
   */
  passphrase: Secret | null
  /** `unused`: the operating system's keychain is never accessed. */
  keychain: 'used' | 'unused'
  logLevel: LogLevel
  version: string
  environment: Readonly<Record<string, string | undefined>>
}

export type Headless = {
  readonly keyway: Keyway
  /** `http://127.0.0.1:<port>` with the current port, which can be changed in the window. */
  readonly url: string
  /** A new link to the window, valid for one use and ten minutes. */
  launchUrl(): string
  /** Opens the window in the system browser, with a new link. */
  openWindow(): ReturnType<Browser['open']>
  /** May be called more than once. */
  close(): Promise<void>
}

/**
 * @throws KeywayError `data_folder_busy`, `port_busy`, `wrong_passphrase`, or a failure of disk or keychain;
 * nothing stays open then.
 */
export async function createHeadless(options: HeadlessOptions): Promise<Headless> {
  try {
    const started = await open(options)
    if (started.url !== options.startupListener?.listening.url)
      await options.startupListener?.listening.close(0)
    return started
  } catch (error) {
    await options.startupListener?.listening.close(0)
    throw error
  }
}

async function open(options: HeadlessOptions): Promise<Headless> {
  const { dataFolder, environment, logLevel, version } = options
  const clock = systemClock()
  const browser = createBrowserOpener({ clock, platform: process.platform, environment })
  const keyring = createKeyringKeyWrapper({ run: createKeyringChild({ service: KEYRING_SERVICE, clock }) })
  const opened = await openKeyway({
    dataFolder,
    host: { kind: 'headless', platform: process.platform, version },
    keyWrappers: options.keychain === 'used' ? [keyring] : [],
    openKv: createConfKv,
    browser,
    openPracticeProvider,
    environment,
    presets,
    ...(options.readerFile === undefined ? {} : { readerFile: options.readerFile }),
    logLevel,
  })
  try {
    if (options.passphrase !== null) await openVault(opened, options.passphrase)
    const server = await listen(opened, options)
    return headless({ opened, server, browser })
  } catch (error) {
    await opened.close()
    throw error
  }
}

async function openVault({ vault }: OpenedKeyway, passphrase: Secret): Promise<void> {
  const { kind } = vault.state()
  if (kind === 'uninitialised') await vault.initialize('passphrase', passphrase)
  if (kind !== 'locked') return
  await vault.unlock(passphrase).catch((error: unknown) => {
    // Not caused by the passphrase: the window shows the problem and the file's path.
    if (asKeywayError(error).code !== 'data_damaged') throw error
  })
}

/** Loaded on first use, because it is seldom needed and not small. */
const openPracticeProvider: OpenPracticeProvider = async (options) => {
  const practiceProvider = await import('../practice-provider/provider.ts')
  return practiceProvider.openPracticeProvider(options)
}

function listen(
  { folder, keyway, outgoing, socketPath }: OpenedKeyway,
  { port, windowFolder, startupListener = null }: HeadlessOptions,
): Promise<LocalServer> {
  return openLocalServer(keyway, {
    port: port ?? keyway.settings.get().port,
    outgoing,
    windowFolder,
    windowSessionsFile: folder.resolve('window-sessions.json'),
    startupListener,
    socketPath,
    whenBusy: 'fail',
    // A second start with this folder finds the URL here.
    onListening: (url) => folder.publish({ url }),
  })
}

function headless(parts: { opened: OpenedKeyway; server: LocalServer; browser: Browser }): Headless {
  const { opened, server, browser } = parts
  const launchUrl = (): string => server.launchUrl() ?? server.url
  let closing: Promise<void> | null = null
  return {
    keyway: opened.keyway,
    get url() {
      return server.url
    },
    launchUrl,
    openWindow: () => browser.open(launchUrl(), null),
    close() {
      closing ??= server.close().then(() => opened.close())
      return closing
    },
  }
}

/**
 * Settings, providers and apps without Electron: conf is electron-store's base class, so both hosts read the
 * same files.
 */
export function createConfKv(deps: Omit<GuardedKvDeps, 'open'>): KeyValueStore {
  return createGuardedKv({
    ...deps,
    open: ({ cwd, name }) => new Conf<Record<string, unknown>>({ ...confOptions, cwd, configName: name }),
  })
}
