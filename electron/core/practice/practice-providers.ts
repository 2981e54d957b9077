// Runs the practice provider for the window: loaded at its first start, ended with the app. Its port, its
// issued tokens and whether it ran survive a restart of the app, so that a connection to it still works then.
import { z } from 'zod'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { providerInput, type ProviderInput, type ProviderView } from '../../../shared/contract/provider.ts'
import {
  keptTokens,
  type KeptTokens,
  type PracticeCounts,
  type PracticeSituation,
  type PracticeState,
  type PracticeVisit,
} from '../../../shared/contract/practice-provider.ts'
import type { UiApi } from '../../../shared/contract/ui-api.ts'
import { freeSlug } from '../../../shared/domain/foreign/provider.ts'
import { CALLBACK_PATH } from '../../../shared/domain/redirect-uri.ts'
import { createKeyedMutex } from '../async.ts'
import type { AuditLog, Providers } from '../keyway.ts'
import type { Logger, RecordStore } from '../ports.ts'

export type PracticeProvidersDeps = {
  /** Null if there is none (tests in memory). */
  open: OpenPracticeProvider | null
  /** Null: nothing survives a restart. */
  store: RecordStore | null
  logger: Logger
  providers: Providers
  activity: Pick<AuditLog, 'append'>
  /** The port of the local server. */
  serverPort: () => number
  onChanged: () => void
}

type Calls = Pick<UiApi, 'rehearsal.state' | 'rehearsal.start' | 'rehearsal.stop' | 'rehearsal.behave'>
export type PracticeProviders = {
  calls: Calls
  state(): PracticeState
  /** Starts it if it ran when the app ended. Never rejects. */
  resume(): Promise<void>
  close(): Promise<void>
}

/** Its public client id; fixed, so that an earlier registration is found before anything is started. */
const CLIENT_ID = 'rehearsal-native'

export function createPracticeProviders(deps: PracticeProvidersDeps): PracticeProviders {
  const runExclusive = createKeyedMutex()
  const current: CurrentRun = { run: null, isRunning: false }
  const state = (): PracticeState => stateOf(current, deps.providers)
  const changed = (note: string): PracticeState => {
    deps.activity.append({ kind: 'system', outcome: 'ok', note: `rehearsal ${note}` })
    deps.onChanged()
    return state()
  }
  const memory = createMemory(deps)
  const start = (): Promise<boolean> => startIn(current, deps, memory)
  const inOrder = (task: () => Promise<PracticeState>): Promise<PracticeState> =>
    runExclusive('rehearsal', task)

  return {
    state,
    calls: {
      'rehearsal.state': async () => state(),
      'rehearsal.start': () =>
        inOrder(async () => {
          if (!(await start())) return state()
          await memory.keep('run', { isRunning: true })
          return changed('started')
        }),
      'rehearsal.stop': () =>
        inOrder(async () => {
          if (current.run === null || !current.isRunning) return state()
          current.isRunning = false
          await current.run.pause()
          await memory.keep('run', { isRunning: false })
          return changed('stopped')
        }),
      'rehearsal.behave': (situation) =>
        inOrder(async () => {
          if (current.run === null || !current.isRunning) throw notRunning()
          await current.run.behave(situation)
          return changed(`behaves: ${situation.situation}`)
        }),
    },
    async resume() {
      if (deps.open === null || registeredPracticeProvider(deps.providers, CLIENT_ID) === null) return
      await inOrder(async () => {
        const ran = kept.run.safeParse(await memory.read('run')).data?.isRunning === true
        return ran && (await start()) ? changed('started again') : state()
      }).catch((error: unknown) =>
        deps.logger.warn('The practice provider could not be started again', { error }),
      )
    },
    async close() {
      await runExclusive('rehearsal', async () => {
        current.isRunning = false
        await current.run?.close()
        current.run = null
      })
    },
  }
}

type CurrentRun = { run: PracticeRun | null; isRunning: boolean }

/** False: it is already running. */
async function startIn(current: CurrentRun, deps: PracticeProvidersDeps, memory: Memory): Promise<boolean> {
  if (current.isRunning) return false
  current.run = await opened(current.run, deps, memory)
  current.isRunning = true
  registerAsProvider(deps.providers, current.run)
  return true
}

const kept = { run: z.object({ isRunning: z.boolean() }), tokens: keptTokens }

type Memory = {
  read(what: keyof typeof kept): Promise<unknown>
  /** Never rejects: a full disk must not end the practice provider. */
  keep(what: keyof typeof kept, value: unknown): Promise<void>
}

function createMemory({ store, logger }: PracticeProvidersDeps): Memory {
  const warn = (error: unknown): void =>
    logger.warn('What the practice provider keeps could not be read or written', { error })
  return {
    async read(what) {
      try {
        return (await store?.read(what)) ?? null
      } catch (error) {
        warn(error)
        return null
      }
    },
    keep: (what, value) => (store === null ? Promise.resolve() : store.put(what, value).catch(warn)),
  }
}

async function opened(
  paused: PracticeRun | null,
  deps: PracticeProvidersDeps,
  memory: Memory,
): Promise<PracticeRun> {
  if (deps.open === null)
    throw new KeywayError('not_found', { message: 'There is no practice provider in this Keyway.' })
  if (paused !== null) {
    const isBack = await orPortBusy(async () => {
      await paused.resume()
      return true
    })
    if (isBack === true) return paused
    // Another program took the port: it continues at another port with its issued tokens.
    await paused.close()
  }
  const { open } = deps
  const redirectUris = ['127.0.0.1', 'localhost', '[::1]'].map(
    (host) => `http://${host}:${deps.serverPort()}${CALLBACK_PATH}`,
  )
  const keeping = {
    before: keptTokens.safeParse(await memory.read('tokens')).data ?? null,
    keep: (state: KeptTokens): Promise<void> => memory.keep('tokens', state),
  }
  const openAt = (port: number): Promise<PracticeRun> =>
    open({ port, redirectUris, onChanged: deps.onChanged, keeping })
  const before = registeredPracticeProvider(deps.providers, CLIENT_ID)?.port ?? 0
  return (await orPortBusy(() => openAt(before))) ?? openAt(0)
}

async function orPortBusy<Result>(task: () => Promise<Result>): Promise<Result | null> {
  try {
    return await task()
  } catch (error) {
    if (error instanceof KeywayError && error.code === 'port_busy') return null
    throw error
  }
}

const NOTHING = { tokenRequests: 0, refreshes: 0, reuseDetections: 0, revocations: 0, apiCalls: 0, grants: 0 }

function stateOf({ run, isRunning }: CurrentRun, providers: Providers): PracticeState {
  const seen = run?.look() ?? { counts: NOTHING, visits: [] }
  return {
    kind: isRunning ? 'running' : 'stopped',
    issuer: run?.issuer ?? null,
    providerId: registeredPracticeProvider(providers, CLIENT_ID)?.provider.id ?? null,
    situation: run !== null && isRunning ? run.situation() : null,
    accounts: run === null ? [] : run.accounts.map(({ email, name }) => ({ email, name })),
    ...seen,
  }
}

const notRunning = (): KeywayError =>
  new KeywayError('invalid_request', {
    message: 'The practice provider is not running.',
    nextStep: 'Start it first.',
  })

/** A running practice provider, as the core needs it; implemented in `electron/practice-provider`. */
export type PracticeRun = {
  readonly issuer: string
  readonly port: number
  readonly clientId: string
  readonly accounts: ReadonlyArray<{ email: string; name: string }>
  situation(): PracticeSituation
  /** @throws KeywayError port_busy if the port is not available after an outage. */
  behave(situation: PracticeSituation): Promise<void>
  /** Releases the port and keeps the issued tokens. */
  pause(): Promise<void>
  /** @throws KeywayError port_busy */
  resume(): Promise<void>
  look(): { counts: PracticeCounts; visits: PracticeVisit[] }
  close(): Promise<void>
}

/**
 * Provided by the composition roots, which load it at its first use.
 * @throws KeywayError port_busy
 */
export type OpenPracticeProvider = (options: {
  /** 0: any free port. */
  port: number
  redirectUris: readonly string[]
  onChanged: () => void
  /** The tokens issued by the previous run, and how new ones are stored; `keep` never rejects. */
  keeping: { before: KeptTokens | null; keep: (state: KeptTokens) => Promise<void> }
}) => Promise<PracticeRun>

// Registers the practice provider as an ordinary provider, so that connecting works as with a real one.

const SLUG = 'rehearsal'

const LOOPBACK_ISSUER = /^http:\/\/127\.0\.0\.1:(\d+)$/

/** The provider that an earlier start registered, by its client id and loopback issuer. */
function registeredPracticeProvider(
  providers: Pick<Providers, 'list'>,
  clientId: string,
): { provider: ProviderView; port: number } | null {
  for (const provider of providers.list()) {
    const port = LOOPBACK_ISSUER.exec(provider.spec.discovery.issuer ?? '')?.[1]
    if (port !== undefined && provider.clientId === clientId) return { provider, port: Number(port) }
  }
  return null
}

/** Registers it, or updates its addresses. The person's other changes are kept. */
function registerAsProvider(providers: Providers, run: PracticeRun): ProviderView {
  const registered = registeredPracticeProvider(providers, run.clientId)
  if (registered === null) return providers.create(registration(providers, run))
  const { provider, port } = registered
  const isCurrent = port === run.port && provider.spec.api.probe !== null
  if (isCurrent) return provider
  const moved = (hosts: readonly string[]): string[] =>
    hosts.map((host) => (host === `127.0.0.1:${port}` ? `127.0.0.1:${run.port}` : host))
  return providers.update(provider.id, {
    allowedHosts: moved(provider.allowedHosts),
    privateHosts: moved(provider.privateHosts),
    spec: {
      ...provider.overrides,
      discovery: { ...provider.overrides.discovery, issuer: run.issuer },
      api: { ...provider.overrides.api, ...apiOf(run) },
    },
  }).provider
}

function registration(providers: Pick<Providers, 'list'>, run: PracticeRun): ProviderInput {
  const host = `127.0.0.1:${run.port}`
  return providerInput.parse({
    slug: freeSlug(SLUG, new Set(providers.list().map(({ slug }) => slug))),
    name: 'Rehearsal (nothing is real)',
    clientId: run.clientId,
    scopes: ['openid', 'profile', 'email', 'offline_access', 'files.read'],
    // Its API runs on this machine, which must be allowed explicitly.
    allowedHosts: [host],
    privateHosts: [host],
    spec: {
      discovery: { issuer: run.issuer, kind: 'oidc' },
      // OpenID Connect Core 11: offline_access needs prompt=consent.
      authorize: { extraParams: { prompt: 'consent' } },
      redirect: { loopback: 'yes', anyPort: 'yes' },
      api: apiOf(run),
    },
  })
}

const apiOf = ({ issuer }: PracticeRun): { baseUrl: string; probe: { url: string } } => ({
  baseUrl: `${issuer}/api`,
  probe: { url: `${issuer}/api/me` },
})
