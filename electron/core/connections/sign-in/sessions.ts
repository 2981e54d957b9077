// The running and the lately finished attempts to connect: which is pending, which has ended and how.
import type { ConnectionRecord } from '../../../../shared/contract/connection.ts'
import { KeywayError, toErrorBody } from '../../../../shared/contract/errors.ts'
import type { Flow } from '../../../../shared/contract/flow.ts'
import type { ProviderRecord } from '../../../../shared/contract/provider.ts'
import { isRedirectTarget, type LoopbackHost } from '../../../../shared/domain/redirect-uri.ts'
import type { Activity } from '../../keyway.ts'
import type {
  OAuthClient,
  RegisteredClient,
  ResolvedProvider,
  AuthorizationState,
} from '../../oauth/types.ts'
import type { Browser, Clock, Logger, ReturnDoor } from '../../ports.ts'
import type { PlanRedirect } from '../../providers/providers.ts'
import type { ProviderBook } from '../../providers/store.ts'
import type { SecretBox } from '../../vault/secret-box.ts'
import type { ConnectionStore } from '../store/store.ts'
import {
  FLOW_MS,
  type FlowBase,
  type FlowOpening,
  type HeldSignIn,
  isPending,
  newRunningFlow,
  type RunningFlow,
} from './running.ts'

const FINISHED_KEPT = 20
/** Sign-ins that one app may have pending; each holds what it began with, and maybe a listener. */
const MOST_OF_ONE_APP = 20

export type FlowBook = {
  list(): Flow[]
  get(id: string): RunningFlow | null
  /** @throws KeywayError flow_not_found */
  need(id: string): RunningFlow
  /** What is pending in the same slot gives way, and the oldest of an app that has too many. */
  open(opening: FlowOpening): RunningFlow
  /** Shows the next step. A flow that has ended stays as it is. */
  show(running: RunningFlow, step: (base: FlowBase) => Flow): Flow
  /** Gives the flow this much time from now. */
  expireAfter(running: RunningFlow, lifetimeMs: number): void
  bind(running: RunningFlow, transaction: AuthorizationState): void
  /** Whom a state belongs to. A pending one is spent by this call. */
  take(state: string): ReturnType<FlowStates<RunningFlow>['take']>
  knows(state: string): boolean
  /**
   * Whether an answer with this state belongs to another listener than the one it came to. Spends nothing.
   */
  isAtWrongDoor(state: string, arrivedAt: string): boolean
  end(running: RunningFlow, how: { kind: 'cancelled' } | { kind: 'failed'; failure: KeywayError }): Flow
  dismiss(id: string): void
  cancelWhere(matches: (flow: Flow) => boolean): void
}

type Shelf = {
  clock: Clock
  flows: Map<string, RunningFlow>
  onChanged: () => void
  /** Tokens that wait in a flow which ends without them. */
  onDropped: (held: HeldSignIn) => void
}

export function createFlowBook(deps: Omit<Shelf, 'flows'>): FlowBook {
  const flows = new Map<string, RunningFlow>()
  const shelf: Shelf = { ...deps, flows }
  const states = createFlowStates<RunningFlow>()
  const need = (id: string): RunningFlow => {
    const running = flows.get(id)
    if (running === undefined) throw new KeywayError('flow_not_found', { details: { flowId: id } })
    return running
  }
  const cancelWhere: FlowBook['cancelWhere'] = (matches) => {
    for (const running of flows.values())
      if (matches(running.flow)) end(shelf, running, { kind: 'cancelled' })
  }

  return {
    list: () => [...flows.values()].map(({ flow }) => flow),
    get: (id) => flows.get(id) ?? null,
    need,
    open(opening) {
      for (const other of flows.values()) {
        if (other.slot === opening.slot) end(shelf, other, { kind: 'cancelled' })
      }
      makeRoomFor(shelf, opening.startedBy)
      const running = newRunningFlow(opening, deps.clock.now())
      flows.set(running.base.id, running)
      expireAfter(shelf, running, FLOW_MS)
      deps.onChanged()
      return running
    },
    show: (running, step) =>
      isPending(running.flow) ? put(shelf, running, step(running.base)) : running.flow,
    expireAfter: (running, lifetimeMs) => expireAfter(shelf, running, lifetimeMs),
    bind(running, transaction) {
      if (running.transaction !== null) states.spend(running.transaction.state)
      running.transaction = transaction
      states.bind(transaction.state, running)
    },
    take: states.take,
    knows: states.knows,
    isAtWrongDoor(state, arrivedAt) {
      const owner = states.ownerOf(state)
      if (owner === null) return false
      const sent = owner.transaction?.redirectUri ?? null
      if (owner.door !== null && sent !== null) return !isRedirectTarget(arrivedAt, sent)
      const { port } = new URL(arrivedAt)
      return [...flows.values()].some(({ door }) => door !== null && String(door.port) === port)
    },
    end: (running, how) => end(shelf, running, how),
    dismiss(id) {
      const running = flows.get(id)
      if (running === undefined) return
      end(shelf, running, { kind: 'cancelled' })
      flows.delete(id)
      deps.onChanged()
    },
    cancelWhere,
  }
}

function put(shelf: Shelf, running: RunningFlow, flow: Flow): Flow {
  running.flow = flow
  if (!isPending(flow)) {
    running.cancelExpiry()
    running.door?.close()
    running.door = null
    const finished = [...shelf.flows.values()].filter((other) => !isPending(other.flow))
    for (const { base } of finished.slice(0, Math.max(0, finished.length - FINISHED_KEPT))) {
      shelf.flows.delete(base.id)
    }
  }
  shelf.onChanged()
  return flow
}

function makeRoomFor(shelf: Shelf, appId: string | null): void {
  if (appId === null) return
  const own = [...shelf.flows.values()].filter((each) => each.startedBy === appId && isPending(each.flow))
  const [oldest] = own
  if (oldest !== undefined && own.length >= MOST_OF_ONE_APP) end(shelf, oldest, { kind: 'cancelled' })
}

function end(
  shelf: Shelf,
  running: RunningFlow,
  how: { kind: 'cancelled' } | { kind: 'failed'; failure: KeywayError },
): Flow {
  if (!isPending(running.flow)) return running.flow
  const { held } = running
  running.held = null
  const flow = put(
    shelf,
    running,
    how.kind === 'cancelled'
      ? { ...running.base, kind: 'cancelled' }
      : { ...running.base, kind: 'failed', failure: toErrorBody(how.failure) },
  )
  running.abort.abort()
  if (held !== null) shelf.onDropped(held)
  return flow
}

function expireAfter(shelf: Shelf, running: RunningFlow, lifetimeMs: number): void {
  running.cancelExpiry()
  running.base = { ...running.base, expiresAt: shelf.clock.now() + lifetimeMs }
  running.cancelExpiry = shelf.clock.after(lifetimeMs, () => {
    // An exchange that is under way has a deadline of its own.
    if (running.flow.kind === 'exchanging') return
    end(shelf, running, { kind: 'failed', failure: new KeywayError('flow_expired') })
  })
}

// Which state belongs to which sign-in. A state is spent once; what it was is remembered for a while, so that
// a replayed answer can be told from a foreign one.
const STATES_KEPT = 500

export type FlowStates<Owner> = {
  bind(state: string, owner: Owner): void
  /** Makes it worthless without an answer: a fresh attempt took its place. */
  spend(state: string): void
  take(state: string): { kind: 'pending' | 'spent'; owner: Owner } | { kind: 'unknown' }
  knows(state: string): boolean
  ownerOf(state: string): Owner | null
}

export function createFlowStates<Owner>(): FlowStates<Owner> {
  const states = new Map<string, { owner: Owner; isSpent: boolean }>()
  return {
    bind(state, owner) {
      states.set(state, { owner, isSpent: false })
      for (const oldest of [...states.keys()].slice(0, Math.max(0, states.size - STATES_KEPT))) {
        states.delete(oldest)
      }
    },
    spend(state) {
      const known = states.get(state)
      if (known !== undefined) known.isSpent = true
    },
    take(state) {
      const known = states.get(state)
      if (known === undefined) return { kind: 'unknown' }
      const kind = known.isSpent ? 'spent' : 'pending'
      known.isSpent = true
      return { kind, owner: known.owner }
    },
    knows: (state) => states.has(state),
    ownerOf: (state) => states.get(state)?.owner ?? null,
  }
}

export type FlowDeps = {
  flows: FlowBook
  book: ConnectionStore
  providers: ProviderBook
  box: SecretBox
  clock: Clock
  logger: Logger
  oauth: OAuthClient
  browser: Browser
  activity: Pick<Activity, 'append'>
  planRedirect: PlanRedirect
  /** Where the local server listens, or would; callbacks arrive there. */
  home: () => { port: number; listening: boolean }
  /** A listener for one sign-in; null where there can be none. */
  openDoor: (host: LoopbackHost) => Promise<ReturnDoor | null>
  /**
   * Keeps a client that a provider registered for us. @throws KeywayError disk_full | save_failed |
   * vault_locked
   */
  keepClient: (providerId: string, client: RegisteredClient) => ProviderRecord
  /** @throws KeywayError vault_locked | provider_not_found */
  resolve: (provider: ProviderRecord) => ResolvedProvider
  /** Runs one after the other what may change which labels a provider's connections have. */
  inProviderTurn: <Result>(providerId: string, task: () => Promise<Result>) => Promise<Result>
  /** Resolves when no renewal of the connection is under way: its answer and a sign-in's must not cross. */
  settled: (connectionId: string) => Promise<void>
  /** The tokens of a connection were replaced by a sign-in; `before` is null for a new one. */
  onSignedIn: (record: ConnectionRecord, before: ConnectionRecord | null) => void
}

export function startFailed(deps: FlowDeps, running: RunningFlow, failure: KeywayError): Flow {
  deps.logger.warn('A sign-in could not be started', {
    flowId: running.base.id,
    provider: running.base.providerSlug,
    code: failure.code,
    error: failure,
  })
  return deps.flows.end(running, { kind: 'failed', failure })
}
