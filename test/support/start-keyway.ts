// A core in memory: real parts, real vault, no disk and no network. What a test wants to look into is handed
// out beside it.
import { createKeyway, type KeywayDeps } from '../../electron/core/app.ts'
import { createCorruptFileList } from '../../electron/core/storage/quarantine.ts'
import type { AuditLog, Keyway, ProxyPolicy } from '../../electron/core/keyway.ts'
import type { Clock, KeyValueStore, RecordStore } from '../../electron/core/ports.ts'
import { createVault, type Vault } from '../../electron/core/vault/vault.ts'
import { createPassphraseKeyWrappers } from '../../electron/core/vault/passphrase-wrapper.ts'
import type { ActivityEntry } from '../../shared/contract/activity.ts'
import type { AppDraft, AppView } from '../../shared/contract/app.ts'
import type { ConnectionRecord } from '../../shared/contract/connection.ts'
import type { Flow } from '../../shared/contract/flow.ts'
import type { Preset } from '../../shared/contract/preset.ts'
import type { ProviderView } from '../../shared/contract/provider.ts'
import { Secret } from '../../shared/contract/secret.ts'
import { aConnect, anApp, aProvider } from './builders.ts'
import { createFakeClock, realClock, type FakeClock } from './fake-clock.ts'
import { createFakeOAuthClient, type FakeOAuthClient } from './fake-oauth-client.ts'
import { createMemoryKeyValueStore, createMemoryLogger, createMemoryRecordStore } from './memory-ports.ts'
import { createMemoryProvider, type MemoryProvider } from './memory-provider.ts'

export const PASSPHRASE = new Secret('correct horse battery staple')

export type MemoryStores = {
  settings: KeyValueStore
  providers: KeyValueStore
  apps: KeyValueStore
  connections: RecordStore
  imports: RecordStore
  vault: RecordStore
}

export const memoryStores = (): MemoryStores => ({
  settings: createMemoryKeyValueStore(),
  providers: createMemoryKeyValueStore(),
  apps: createMemoryKeyValueStore(),
  connections: createMemoryRecordStore(),
  imports: createMemoryRecordStore(),
  vault: createMemoryRecordStore(),
})

export type TestKeyway<OfClock extends Clock = FakeClock> = {
  keyway: Keyway
  clock: OfClock
  oauth: FakeOAuthClient
  server: MemoryProvider
  vault: Vault
  stores: MemoryStores
  opened: string[]
  activity: ActivityEntry[]
  logger: ReturnType<typeof createMemoryLogger>
}

export type TestKeywayOptions<OfClock extends Clock = FakeClock> = {
  clock?: OfClock
  stores?: MemoryStores
  server?: MemoryProvider
  oauth?: FakeOAuthClient
  presets?: readonly Preset[]
  browser?: KeywayDeps['browser']
  random?: () => number
  fetch?: KeywayDeps['fetchFor']
  vault?: 'unlocked' | 'locked'
}

export const startTestKeyway = (options: TestKeywayOptions = {}): Promise<TestKeyway> =>
  startTestKeywayAt(options.clock ?? createFakeClock(), options)

async function startTestKeywayAt<OfClock extends Clock>(
  clock: OfClock,
  options: TestKeywayOptions<OfClock>,
): Promise<TestKeyway<OfClock>> {
  const stores = options.stores ?? memoryStores()
  const server = options.server ?? createMemoryProvider(clock)
  const oauth = options.oauth ?? createFakeOAuthClient(clock, server)
  const logger = createMemoryLogger()
  const opened: string[] = []
  const activity: ActivityEntry[] = []
  const vault = await openTestVault(clock, stores.vault, logger, options.vault ?? 'unlocked')
  const keyway = await createKeyway({
    clock,
    logger,
    oauth,
    vault,
    stores,
    activity: memoryActivity(activity),
    browser: options.browser ?? {
      open: async (url) => {
        opened.push(url)
        return { opened: true }
      },
      installed: async () => [],
    },
    fetchFor: options.fetch ?? (() => () => Promise.reject(new Error('no network in this test'))),
    corruptFiles: createCorruptFileList({ clock, dataFolder: '/data' }),
    presets: options.presets ?? [],
    host: { kind: 'headless', platform: 'linux', version: '0.0.0-test' },
    random: options.random ?? (() => 0.5),
  })
  keyway.serverChanged({ url: 'http://127.0.0.1:7317', listening: true, failure: null, socketPath: null })
  return { keyway, clock, oauth, server, vault, stores, opened, activity, logger }
}

async function openTestVault(
  clock: Clock,
  store: RecordStore,
  logger: KeywayDeps['logger'],
  wanted: 'unlocked' | 'locked',
): Promise<Vault> {
  // A cheap scrypt: these tests are not about how hard a passphrase is to guess. Real time, as scrypt knows
  // no fake clock.
  const passphrase = createPassphraseKeyWrappers({ cost: { N: 2, r: 1, p: 1 } })
  const vault = createVault({ keyWrappers: [], passphrase, store, clock, logger })
  const state = await vault.start()
  if (state.kind === 'uninitialised') await vault.initialize('passphrase', PASSPHRASE)
  else if (wanted === 'unlocked') await vault.unlock(PASSPHRASE)
  if (wanted === 'locked') vault.lock()
  return vault
}

function memoryActivity(entries: ActivityEntry[]): AuditLog {
  return {
    append: (entry) => void entries.push(entry),
    query: () => Promise.resolve([]),
    verify: () =>
      Promise.resolve({
        ok: true,
        rows: entries.length,
        firstBad: null,
        message: 'in memory',
        authenticated: true,
      }),
  }
}

export type MemoryCore = Keyway & {
  readonly server: MemoryProvider
  readonly logger: TestKeyway['logger']
  readonly activityRows: ActivityEntry[]
  /** Without an API, unless the draft says one. */
  addProvider(draft: Parameters<typeof aProvider>[0]): ProviderView
  /** The account signs in at the in-memory provider. */
  addConnection(slug: string, account?: string): Promise<ConnectionRecord>
  /** May do nothing, unless the draft says so. */
  addApp(draft: Partial<AppDraft>): { app: AppView; key: string; id: string }
  /** What the proxy is told from now on, also what no provider's settings could say. */
  setPolicy(connectionId: string, policy: Partial<ProxyPolicy>): void
}

/** The core behind a local API, with what its tests need to set up. */
export async function startMemoryCore({ clock = realClock }: { clock?: Clock } = {}): Promise<MemoryCore> {
  const started = await startTestKeywayAt(clock, {})
  const { keyway, server } = started
  const policies = new Map<string, Partial<ProxyPolicy>>()
  const { proxyPolicy } = keyway.connections
  keyway.connections.proxyPolicy = (id) => ({ ...proxyPolicy(id), ...policies.get(id) })
  return Object.assign(keyway, {
    server,
    logger: started.logger,
    activityRows: started.activity,
    addProvider: (draft: Parameters<typeof aProvider>[0] = {}) =>
      keyway.providers.create(aProvider({ name: draft.slug ?? 'Acme', spec: {}, ...draft })),
    async addConnection(slug: string, account = 'work') {
      server.account = { id: `id of ${account}`, label: account }
      const flow = await signIn(started, { providerId: keyway.providers.find(slug)?.id ?? '', account })
      if (flow.kind !== 'done') throw new Error(`the sign-in ended as ${flow.kind}`)
      return keyway.connections.record(flow.connectionId)!
    },
    addApp(draft: Partial<AppDraft>) {
      const { app, key } = keyway.apps.create(anApp({ grants: [], ...draft }))
      return { app, key, id: app.id }
    },
    setPolicy: (id: string, policy: Partial<ProxyPolicy>) =>
      void policies.set(id, { ...policies.get(id), ...policy }),
  })
}

/** Signs in at the in-memory provider and comes back with the code. */
export async function signIn(
  { keyway, server }: Pick<TestKeyway, 'keyway' | 'server'>,
  draft: Parameters<typeof aConnect>[0],
): Promise<Flow> {
  const flow = await keyway.connections.connect(aConnect(draft))
  if (flow.kind !== 'waiting_for_browser') return flow
  const result = await keyway.flows.callback(answerTo(flow, server.authorise(['read', 'write'])))
  if (result.flow === null) throw new Error(`the callback was refused: ${result.failure?.code ?? 'unknown'}`)
  return result.flow
}

export function answerTo(flow: Flow, code: string): URLSearchParams {
  if (flow.kind !== 'waiting_for_browser') throw new Error(`the flow is ${flow.kind}`)
  return new URLSearchParams({ code, state: new URL(flow.authorizationUrl).searchParams.get('state') ?? '' })
}

/** A core with one provider and one connection at it. */
export async function startConnected(
  options: TestKeywayOptions & { provider?: Parameters<typeof aProvider>[0] } = {},
): Promise<TestKeyway & { connectionId: string; providerId: string }> {
  const started = await startTestKeyway(options)
  const provider = started.keyway.providers.create(aProvider(options.provider))
  const flow = await signIn(started, { providerId: provider.id, account: 'work' })
  if (flow.kind !== 'done') throw new Error(`the sign-in ended as ${flow.kind}`)
  return { ...started, providerId: provider.id, connectionId: flow.connectionId }
}
