// The rehearsal from the window: loaded at the first start, ended with the app. Its port, what it issued and whether it ran outlive a
// restart of the app, so that a connection to it is not dead the next morning.
import { z } from 'zod'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { keptTokens, type KeptTokens, type RehearsalState } from '../../../shared/contract/rehearsal.ts'
import type { UiApi } from '../../../shared/contract/ui-api.ts'
import { CALLBACK_PATH } from '../../../shared/domain/redirect-uri.ts'
import type { Activity, Providers } from '../keyway.ts'
import type { Logger, RecordStore } from '../ports.ts'
import { createTurns } from '../async.ts'
import { registeredRehearsal, registerRehearsal } from './rehearsal-provider.ts'
import type { OpenRehearsal, RehearsalRun } from './rehearsal-run.ts'

export type RehearsalsDeps = {
  /** Null where there is none (tests in memory). */
  open: OpenRehearsal | null
  /** Absent: nothing outlives a restart. */
  store: RecordStore | null
  logger: Logger
  providers: Providers
  activity: Pick<Activity, 'append'>
  /** Where the local server listens. */
  serverPort: () => number
  onChanged: () => void
}

type Calls = Pick<UiApi, 'rehearsal.state' | 'rehearsal.start' | 'rehearsal.stop' | 'rehearsal.behave'>
export type Rehearsals = {
  calls: Calls
  state(): RehearsalState
  /** Starts it where it ran when the app ended. Never rejects. */
  resume(): Promise<void>
  close(): Promise<void>
}

/** Its public client; fixed, so that what was registered is found again before anything is opened. */
const CLIENT_ID = 'rehearsal-native'

export function createRehearsals(deps: RehearsalsDeps): Rehearsals {
  const inTurn = createTurns()
  const held: Held = { run: null, isRunning: false }
  const state = (): RehearsalState => stateOf(held, deps.providers)
  const changed = (note: string): RehearsalState => {
    deps.activity.append({ kind: 'system', outcome: 'ok', note: `rehearsal ${note}` })
    deps.onChanged()
    return state()
  }
  const memory = createMemory(deps)
  const start = (): Promise<boolean> => startIn(held, deps, memory)
  const inOrder = (task: () => Promise<RehearsalState>): Promise<RehearsalState> => inTurn('rehearsal', task)

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
          if (held.run === null || !held.isRunning) return state()
          held.isRunning = false
          await held.run.pause()
          await memory.keep('run', { isRunning: false })
          return changed('stopped')
        }),
      'rehearsal.behave': (situation) =>
        inOrder(async () => {
          if (held.run === null || !held.isRunning) throw notRunning()
          await held.run.behave(situation)
          return changed(`behaves: ${situation.situation}`)
        }),
    },
    async resume() {
      if (deps.open === null || registeredRehearsal(deps.providers, CLIENT_ID) === null) return
      await inOrder(async () => {
        const ran = kept.run.safeParse(await memory.read('run')).data?.isRunning === true
        return ran && (await start()) ? changed('started again') : state()
      }).catch((error: unknown) =>
        deps.logger.warn('The practice provider could not be started again', { error }),
      )
    },
    async close() {
      await inTurn('rehearsal', async () => {
        held.isRunning = false
        await held.run?.close()
        held.run = null
      })
    },
  }
}

type Held = { run: RehearsalRun | null; isRunning: boolean }

/** False: it runs already. */
async function startIn(held: Held, deps: RehearsalsDeps, memory: Memory): Promise<boolean> {
  if (held.isRunning) return false
  held.run = await opened(held.run, deps, memory)
  held.isRunning = true
  registerRehearsal(deps.providers, held.run)
  return true
}

const kept = { run: z.object({ isRunning: z.boolean() }), tokens: keptTokens }

type Memory = {
  read(what: keyof typeof kept): Promise<unknown>
  /** Never rejects: it is for practice, and a full disk must not end it. */
  keep(what: keyof typeof kept, value: unknown): Promise<void>
}

function createMemory({ store, logger }: RehearsalsDeps): Memory {
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
  paused: RehearsalRun | null,
  deps: RehearsalsDeps,
  memory: Memory,
): Promise<RehearsalRun> {
  if (deps.open === null)
    throw new KeywayError('not_found', { message: 'There is no rehearsal provider in this Keyway.' })
  if (paused !== null) {
    const isBack = await orPortBusy(async () => {
      await paused.resume()
      return true
    })
    if (isBack === true) return paused
    // Somebody took the port meanwhile: it goes on at another one, with what it has issued.
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
  const openAt = (port: number): Promise<RehearsalRun> =>
    open({ port, redirectUris, onChanged: deps.onChanged, keeping })
  const before = registeredRehearsal(deps.providers, CLIENT_ID)?.port ?? 0
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

function stateOf({ run, isRunning }: Held, providers: Providers): RehearsalState {
  const seen = run?.look() ?? { counts: NOTHING, visits: [] }
  return {
    kind: isRunning ? 'running' : 'stopped',
    issuer: run?.issuer ?? null,
    providerId: registeredRehearsal(providers, CLIENT_ID)?.provider.id ?? null,
    situation: run !== null && isRunning ? run.situation() : null,
    accounts: run === null ? [] : run.accounts.map(({ email, name }) => ({ email, name })),
    ...seen,
  }
}

const notRunning = (): KeywayError =>
  new KeywayError('invalid_request', {
    message: 'The rehearsal is not running.',
    nextStep: 'Start it first.',
  })
