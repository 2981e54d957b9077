// Opens what desktop and headless have in common: the data folder with its stores, vault, audit log and log
// file, and the core. The host provides the folder, the key wrappers and the browser.
import { setTimeout as pause } from 'node:timers/promises'
import type { Preset } from '../../shared/contract/preset.ts'
import { createActivityFeed } from './audit-log/append.ts'
import { type ActivityJournal, keepActivityShort, openActivityJournal } from './audit-log/audit-log.ts'
import { createKeyway, type KeywayDeps } from './app.ts'
import { createWarmUp } from './connections/warm-up.ts'
import { createCorruptFileList, type CorruptFileList } from './storage/quarantine.ts'
import type { Keyway } from './keyway.ts'
import { createLogger, type LogLevel } from './logging/logger.ts'
import { createEarlyLogger } from './logging/log-file.ts'
import { createOutgoing, type Outgoing } from './network/outgoing.ts'
import { isProviderEntry } from './providers/store.ts'
import { isSetting } from './settings.ts'
import { isAppEntry } from './apps/store.ts'
import { createIntegrity, type Integrity } from './integrity/integrity.ts'
import { createManifestFiles, type DecisiveSection } from './integrity/manifest.ts'
import { createOAuthClient } from './oauth/client.ts'
import {
  type Browser,
  type Clock,
  type KeyValueStore,
  type Logger,
  type PassphraseKeyWrapperFactory,
  type KeyWrapper,
  type RecordStore,
  systemClock,
} from './ports.ts'
import type { OpenPracticeProvider } from './practice/practice-providers.ts'
import { secretBoxOf } from './vault/status.ts'
import { type DataFolder, openDataFolder, socketPathIn } from './storage/data-folder.ts'
import type { FileOps } from './storage/durable-file.ts'
import type { GuardedKvDeps } from './storage/document.ts'
import { createRecordStore, type RecordStoreDeps } from './storage/records.ts'
import { createPassphraseKeyWrappers } from './vault/passphrase-wrapper.ts'
import { VAULT_RECORD } from './vault/unlock.ts'
import { refuseNewerFolder } from './vault/vault-file.ts'
import { createVault, type Vault } from './vault/vault.ts'

export type OpenDeps = {
  /** Created if missing; owned by this process until `close`. */
  dataFolder: string
  /** Default: the system clock. */
  clock?: Clock
  host: KeywayDeps['host']
  /** Key wrappers without a passphrase, in the order in which they are tried. */
  keyWrappers: readonly KeyWrapper[]
  openKv: (deps: Omit<GuardedKvDeps, 'open'>) => KeyValueStore
  browser: Browser
  /** Absent: there is no practice provider. */
  openPracticeProvider?: OpenPracticeProvider
  presets: readonly Preset[]
  /** The built worker that parses foreign files. Absent: its source file. */
  readerFile?: string
  /** For HTTP(S)_PROXY and NO_PROXY. */
  environment: Readonly<Record<string, string | undefined>>
  logLevel?: LogLevel
  /** Receives each finished log line too, for a terminal. */
  mirrorLog?: (line: string) => void
  /** File operations. Default: the platform's. Crash tests replace them to stop at a chosen step. */
  fileOps?: FileOps
  /** Default: a key derivation that is expensive to guess. */
  passphraseKeyWrappers?: PassphraseKeyWrapperFactory
}

export type OpenedKeyway = {
  readonly keyway: Keyway
  readonly vault: Vault
  readonly folder: DataFolder
  readonly outgoing: Outgoing
  readonly journal: ActivityJournal
  /** The path for the local socket (UNIX socket, named pipe); null if none can be bound. */
  readonly socketPath: string | null
  /**
   * Ends the background work, waits for a refresh in progress, writes pending data and releases the folder.
   * May be called twice.
   */
  close(): Promise<void>
}

/**
 * @throws KeywayError data_folder_busy while another process owns the folder; save_failed | disk_full if it
 * cannot be used.
 */
export async function openKeyway(deps: OpenDeps): Promise<OpenedKeyway> {
  const clock = deps.clock ?? systemClock()
  const early = createEarlyLogger()
  const folder = await openDataFolder({ path: deps.dataFolder, clock, logger: early.logger })
  try {
    return await openIn(folder, { ...deps, clock }, early.hand)
  } catch (error) {
    folder.close()
    throw error
  }
}

async function openIn(
  folder: DataFolder,
  deps: OpenDeps & { clock: Clock },
  handOver: (logger: Logger) => void,
): Promise<OpenedKeyway> {
  const { clock } = deps
  const sealing: { vault: Vault | null } = { vault: null }
  const logger = createLogger({
    file: folder.resolve('keyway.log'),
    clock,
    fingerprint: (secret) => sealing.vault?.fingerprint(secret) ?? null,
    ...(deps.logLevel === undefined ? {} : { level: deps.logLevel }),
    ...(deps.mirrorLog === undefined ? {} : { mirror: deps.mirrorLog }),
  })
  handOver(logger)
  const corruptFiles = createCorruptFileList({ clock, dataFolder: folder.path })
  const place: Place = { folder, clock, logger, corruptFiles }
  const vaultStore = recordStore(place, 'vault')
  // Checked before anything else is read or written: a newer version may have another format.
  refuseNewerFolder(await vaultStore.read(VAULT_RECORD).catch(() => null))
  const vault = createVault({
    keyWrappers: deps.keyWrappers,
    passphrase: deps.passphraseKeyWrappers ?? createPassphraseKeyWrappers(),
    store: vaultStore,
    clock,
    logger,
  })
  sealing.vault = vault
  const journal = openActivityJournal({
    folder: folder.resolve('activity'),
    clock,
    logger,
    onCorruptFile: corruptFiles.add,
  })
  await startInTime(vault)
  const { integrity, ...core } = await buildCore(deps, { ...place, vault, journal })
  let closing: Promise<void> | null = null
  return {
    ...core,
    vault,
    folder,
    journal,
    socketPath: socketPathIn(folder.path),
    close: () =>
      (closing ??= (async () => {
        await core.close()
        await integrity.whenIdle()
        await journal.close().catch((error: unknown) => logger.error('Activity was not all saved', { error }))
        await integrity.close()
        vault.lock()
        logger.close()
        folder.close()
      })()),
  }
}

/**
 * If the keychain does not respond within this time, startup continues. The window and the API are not
 * delayed and report the state.
 */
const VAULT_START_WAIT_MS = 1_500

async function startInTime(vault: Vault): Promise<void> {
  const patience = new AbortController()
  const tooLong = pause(VAULT_START_WAIT_MS, undefined, { signal: patience.signal, ref: false })
  await Promise.race([vault.start(), tooLong.catch(() => undefined)])
  patience.abort()
}

type Place = { folder: DataFolder; clock: Clock; logger: Logger; corruptFiles: CorruptFileList }

async function buildCore(
  deps: OpenDeps,
  parts: Place & { vault: Vault; journal: ActivityJournal },
): Promise<{ keyway: Keyway; outgoing: Outgoing; integrity: Integrity; close(): Promise<void> }> {
  const { clock, logger } = parts
  const integrity = openIntegrity(deps, parts)
  const network = { current: (): Keyway | null => null }
  const outgoing = createOutgoing({
    settings: () => {
      const settings = network.current()?.settings
      return { proxyUrl: settings?.proxyUrl() ?? null, extraCa: settings?.get().extraCa ?? null }
    },
    environment: deps.environment,
  })
  const keyway = await createKeyway({
    ...parts,
    activity: parts.journal,
    browser: deps.browser,
    presets: deps.presets,
    ...(deps.readerFile === undefined ? {} : { readerFile: deps.readerFile }),
    host: deps.host,
    oauth: createOAuthClient({
      fetchFor: outgoing.fetchFor,
      clock,
      logger,
      userAgent: `Keyway/${deps.host.version}`,
    }),
    fetchFor: outgoing.fetchFor,
    warmUp: createWarmUp({ box: secretBoxOf(parts.vault), clock, logger }),
    integrity,
    stores: {
      ...integrity.stores,
      imports: recordStore(parts, 'imports'),
      practice: recordStore(parts, 'practice-provider'),
    },
    place: {
      folder: parts.folder.path,
      logFile: parts.folder.resolve('keyway.log'),
      environment: deps.environment,
    },
    ...(deps.openPracticeProvider === undefined ? {} : { openPracticeProvider: deps.openPracticeProvider }),
  })
  network.current = () => keyway
  const stops = [...followActivity(keyway, parts), keyway.settings.onChange(() => void outgoing.reset())]
  return {
    keyway,
    outgoing,
    integrity,
    async close() {
      await keyway.close()
      for (const stop of stops) stop()
      await outgoing.close()
    },
  }
}

function openIntegrity(deps: OpenDeps, place: Place & { vault: Vault; journal: ActivityJournal }): Integrity {
  const { folder, clock, logger, corruptFiles, vault, journal } = place
  const { keyWrappers, fileOps } = deps
  const kv = (name: DecisiveSection, isReadable: GuardedKvDeps['isReadable'] & {}): KeyValueStore =>
    deps.openKv({ folder: folder.path, name, clock, logger, onCorruptFile: corruptFiles.add, isReadable })
  return createIntegrity({
    vault,
    files: createManifestFiles(folder.path, corruptFiles.add),
    stores: {
      settings: kv('settings', isSetting),
      providers: kv('providers', isProviderEntry),
      apps: kv('apps', isAppEntry),
    },
    connections: recordStore(place, 'connections', {
      leftovers: 'kept',
      ...(fileOps === undefined ? {} : { ops: fileOps }),
    }),
    log: journal.authenticity,
    counter: keyWrappers.find(({ counter }) => counter !== undefined)?.counter ?? null,
    note: (entry) => journal.append({ kind: 'system', ...entry }),
    isDamaged: (section) =>
      corruptFiles.list().some(({ file }) => file === folder.resolve(`${section}.json`)),
    clock,
    logger,
  })
}

/** Sends new rows to the window, and deletes rows that are older than the retention setting. */
function followActivity(
  keyway: Keyway,
  { journal, clock, logger }: Place & { journal: ActivityJournal },
): Array<() => void> {
  const feed = createActivityFeed({ clock, send: (rows) => keyway.emit('activity', rows) })
  const retention = keepActivityShort({
    journal,
    days: () => keyway.settings.get().activityDays,
    clock,
    logger,
  })
  return [
    journal.onAppend(feed.add),
    feed.close,
    keyway.settings.onChange(retention.daysChanged),
    retention.close,
  ]
}

function recordStore(
  place: Place,
  name: string,
  more: Pick<RecordStoreDeps, 'leftovers' | 'ops'> = {},
): RecordStore {
  const { folder, clock, logger, corruptFiles } = place
  return createRecordStore({
    folder: folder.resolve(name),
    clock,
    logger,
    onCorruptFile: corruptFiles.add,
    ...more,
  })
}
