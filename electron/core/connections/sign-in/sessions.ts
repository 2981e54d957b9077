// The running and the lately finished attempts to connect: which is pending, which has ended and how.
import type { ConnectionRecord } from '../../../../shared/contract/connection.ts'
import { KeywayError, toErrorBody } from '../../../../shared/contract/errors.ts'
import type { Flow } from '../../../../shared/contract/flow.ts'
import type { ProviderRecord } from '../../../../shared/contract/provider.ts'
import { isRedirectTarget, type LoopbackHost } from '../../../../shared/domain/redirect-uri.ts'
import type { AuditLog } from '../../keyway.ts'
import type {
  OAuthClient,
  RegisteredClient,
  ResolvedProvider,
  AuthorizationState,
} from '../../oauth/types.ts'
import type { Browser, Clock, Logger, LoopbackListener } from '../../ports.ts'
import type { PlanRedirect } from '../../providers/providers.ts'
import type { ProviderStore } from '../../providers/store.ts'
import type { SecretBox } from '../../vault/secret-box.ts'
import type { ConnectionStore } from '../store/store.ts'
import {
  FLOW_MS,
  type FlowBase,
  type FlowOpening,
  type PendingSignIn,
  isPendingFlow,
  newRunningFlow,
  type RunningFlow,
} from './running.ts'

const MAX_FINISHED = 20
/** Sign-ins that one app may have pending; each holds what it began with, and maybe a listener. */
const MAX_PENDING_PER_APP = 20

export type FlowStore = {
  list(): Flow[]
  get(id: string): RunningFlow | null
  /** @throws KeywayError flow_not_found */
  getOrThrow(id: string): RunningFlow
  /** What is pending in the same slot gives way, and the oldest of an app that has too many. */
  open(opening: FlowOpening): RunningFlow
  /** Shows the next step. A flow that has ended stays as it is. */
  show(running: RunningFlow, step: (base: FlowBase) => Flow): Flow
  /** Gives the flow this much time from now. */
  expireAfter(running: RunningFlow, lifetimeMs: number): void
  bind(running: RunningFlow, authorizationState: AuthorizationState): void
  /** Whom a state belongs to. A pending one is spent by this call. */
  take(state: string): ReturnType<FlowStates<RunningFlow>['take']>
  knows(state: string): boolean
  /**
   * Whether an answer with this state belongs to another listener than the one it came to. Spends nothing.
   */
  redirectUriMismatches(state: string, arrivedAt: string): boolean
  end(running: RunningFlow, how: { kind: 'cancelled' } | { kind: 'failed'; failure: KeywayError }): Flow
  dismiss(id: string): void
  cancelWhere(matches: (flow: Flow) => boolean): void
}

type FlowEntries = {
  clock: Clock
  flows: Map<string, RunningFlow>
  onChanged: () => void
  /** Tokens that wait in a flow which ends without them. */
  onDropped: (held: PendingSignIn) => void
}

export function createFlowStore(deps: Omit<FlowEntries, 'flows'>): FlowStore {
  const flows = new Map<string, RunningFlow>()
  const entries: FlowEntries = { ...deps, flows }
  const states = createFlowStates<RunningFlow>()
  const getOrThrow = (id: string): RunningFlow => {
    const running = flows.get(id)
    if (running === undefined) throw new KeywayError('flow_not_found', { details: { flowId: id } })
    return running
  }
  const cancelWhere: FlowStore['cancelWhere'] = (matches) => {
    for (const running of flows.values())
      if (matches(running.flow)) end(entries, running, { kind: 'cancelled' })
  }

  return {
    list: () => [...flows.values()].map(({ flow }) => flow),
    get: (id) => flows.get(id) ?? null,
    getOrThrow,
    open(opening) {
      for (const other of flows.values()) {
        if (other.concurrencyKey === opening.concurrencyKey) end(entries, other, { kind: 'cancelled' })
      }
      cancelOldestOf(entries, opening.startedBy)
      const running = newRunningFlow(opening, deps.clock.now())
      flows.set(running.base.id, running)
      expireAfter(entries, running, FLOW_MS)
      deps.onChanged()
      return running
    },
    show: (running, step) =>
      isPendingFlow(running.flow) ? put(entries, running, step(running.base)) : running.flow,
    expireAfter: (running, lifetimeMs) => expireAfter(entries, running, lifetimeMs),
    bind(running, authorizationState) {
      if (running.authorizationState !== null) states.spend(running.authorizationState.state)
      running.authorizationState = authorizationState
      states.bind(authorizationState.state, running)
    },
    take: states.take,
    knows: states.knows,
    redirectUriMismatches(state, arrivedAt) {
      const owner = states.ownerOf(state)
      if (owner === null) return false
      const sent = owner.authorizationState?.redirectUri ?? null
      if (owner.loopbackListener !== null && sent !== null) return !isRedirectTarget(arrivedAt, sent)
      const { port } = new URL(arrivedAt)
      return [...flows.values()].some(
        ({ loopbackListener }) => loopbackListener !== null && String(loopbackListener.port) === port,
      )
    },
    end: (running, how) => end(entries, running, how),
    dismiss(id) {
      const running = flows.get(id)
      if (running === undefined) return
      end(entries, running, { kind: 'cancelled' })
      flows.delete(id)
      deps.onChanged()
    },
    cancelWhere,
  }
}

function put(entries: FlowEntries, running: RunningFlow, flow: Flow): Flow {
  running.flow = flow
  if (!isPendingFlow(flow)) {
    running.cancelExpiry()
    running.loopbackListener?.close()
    running.loopbackListener = null
    const finished = [...entries.flows.values()].filter((other) => !isPendingFlow(other.flow))
    for (const { base } of finished.slice(0, Math.max(0, finished.length - MAX_FINISHED))) {
      entries.flows.delete(base.id)
    }
  }
  entries.onChanged()
  return flow
}

function cancelOldestOf(entries: FlowEntries, appId: string | null): void {
  if (appId === null) return
  const own = [...entries.flows.values()].filter(
    (each) => each.startedBy === appId && isPendingFlow(each.flow),
  )
  const [oldest] = own
  if (oldest !== undefined && own.length >= MAX_PENDING_PER_APP) end(entries, oldest, { kind: 'cancelled' })
}

function end(
  entries: FlowEntries,
  running: RunningFlow,
  how: { kind: 'cancelled' } | { kind: 'failed'; failure: KeywayError },
): Flow {
  if (!isPendingFlow(running.flow)) return running.flow
  const { pendingSignIn } = running
  running.pendingSignIn = null
  const flow = put(
    entries,
    running,
    how.kind === 'cancelled'
      ? { ...running.base, kind: 'cancelled' }
      : { ...running.base, kind: 'failed', failure: toErrorBody(how.failure) },
  )
  running.abort.abort()
  if (pendingSignIn !== null) entries.onDropped(pendingSignIn)
  return flow
}

function expireAfter(entries: FlowEntries, running: RunningFlow, lifetimeMs: number): void {
  running.cancelExpiry()
  running.base = { ...running.base, expiresAt: entries.clock.now() + lifetimeMs }
  running.cancelExpiry = entries.clock.after(lifetimeMs, () => {
    // An exchange that is under way has a deadline of its own.
    if (running.flow.kind === 'exchanging') return
    end(entries, running, { kind: 'failed', failure: new KeywayError('flow_expired') })
  })
}

// Which state belongs to which sign-in. A state is spent once; what it was is remembered for a while, so that
// a replayed answer can be told from a foreign one.
const MAX_STATES = 500

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
      for (const oldest of [...states.keys()].slice(0, Math.max(0, states.size - MAX_STATES))) {
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
  flows: FlowStore
  records: ConnectionStore
  providers: ProviderStore
  box: SecretBox
  clock: Clock
  logger: Logger
  oauth: OAuthClient
  browser: Browser
  activity: Pick<AuditLog, 'append'>
  planRedirect: PlanRedirect
  /** Where the local server listens, or would; callbacks arrive there. */
  localServer: () => { port: number; listening: boolean }
  /** A listener for one sign-in; null where there can be none. */
  openLoopbackListener: (host: LoopbackHost) => Promise<LoopbackListener | null>
  /**
   * Keeps a client that a provider registered for us. @throws KeywayError disk_full | save_failed |
   * vault_locked
   */
  saveRegisteredClient: (providerId: string, client: RegisteredClient) => ProviderRecord
  /** @throws KeywayError vault_locked | provider_not_found */
  resolve: (provider: ProviderRecord) => ResolvedProvider
  /** Runs one after the other what may change which labels a provider's connections have. */
  withProviderLock: <Result>(providerId: string, task: () => Promise<Result>) => Promise<Result>
  /** Resolves when no renewal of the connection is under way: its answer and a sign-in's must not cross. */
  whenIdle: (connectionId: string) => Promise<void>
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
