// The running and recently finished sign-ins with their states.
import type { ConnectionRecord } from '../../../../shared/contract/connection.ts'
import { KeywayError, toErrorBody } from '../../../../shared/contract/errors.ts'
import type { ConnectInput, Flow } from '../../../../shared/contract/flow.ts'
import type { ProviderRecord } from '../../../../shared/contract/provider.ts'
import { isRedirectTarget, type LoopbackHost } from '../../../../shared/domain/redirect-uri.ts'
import { BoundedMap } from '../../bounded-map.ts'
import type { AuditLog } from '../../keyway.ts'
import { isClientRefusal } from '../../oauth/client-authentication.ts'
import type { AuthorizationState, OAuthClient, ResolvedProvider, TokenResponse } from '../../oauth/types.ts'
import { type Browser, type Clock, type Logger, type LoopbackListener, newId } from '../../ports.ts'
import type { ProviderFindings } from '../../providers/changes.ts'
import type { PlanRedirect } from '../../providers/providers.ts'
import type { ProviderStore } from '../../providers/store.ts'
import type { SecretBox } from '../../vault/status.ts'
import type { SignIn } from '../store/record.ts'
import type { ConnectionStore } from '../store/store.ts'

const MAX_FINISHED = 20
/** Pending sign-ins per app. Each holds its input and possibly a listener. */
const MAX_PENDING_PER_APP = 20

export type FlowStore = {
  list(): Flow[]
  get(id: string): RunningFlow | null
  /** @throws KeywayError flow_not_found */
  getOrThrow(id: string): RunningFlow
  /** Cancels a pending sign-in with the same concurrency key, and the oldest one of an app with too many. */
  open(opening: FlowOpening): RunningFlow
  /** Sets the next step. A sign-in that has ended does not change. */
  show(running: RunningFlow, step: (base: FlowBase) => Flow): Flow
  /** Sets the expiry to this many milliseconds from now. */
  expireAfter(running: RunningFlow, lifetimeMs: number): void
  bind(running: RunningFlow, authorizationState: AuthorizationState): void
  /** The sign-in of a state. This call uses up a pending state. */
  take(state: string): ReturnType<FlowStates<RunningFlow>['take']>
  knows(state: string): boolean
  /** The sign-in of a state. Does not use up the state. */
  ownerOf(state: string): RunningFlow | null
  /**
   * Whether a response with this state belongs to another listener than the one that received it. Does not
   * use up the state.
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
  /** Tokens of a sign-in that ended before they were stored. */
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
    ownerOf: states.ownerOf,
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
    // A code exchange in progress has its own deadline.
    if (running.flow.kind === 'exchanging') return
    end(entries, running, { kind: 'failed', failure: new KeywayError('flow_expired') })
  })
}

// Maps states to sign-ins. A state can be used once. Used states are kept for a while, so that a replayed
// response can be told from an unknown one.
const MAX_STATES = 500

export type FlowStates<Owner> = {
  bind(state: string, owner: Owner): void
  /** Invalidates a state without a response, because a new attempt replaced it. */
  spend(state: string): void
  take(state: string): { kind: 'pending' | 'spent'; owner: Owner } | { kind: 'unknown' }
  knows(state: string): boolean
  ownerOf(state: string): Owner | null
}

function createFlowStates<Owner>(): FlowStates<Owner> {
  const states = new BoundedMap<string, { owner: Owner; isSpent: boolean }>(MAX_STATES)
  return {
    bind: (state, owner) => void states.set(state, { owner, isSpent: false }),
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
  /** The local server's port and whether it listens; callbacks arrive there. */
  localServer: () => { port: number; listening: boolean }
  /** Opens a listener for one sign-in; null if that is not possible. */
  openLoopbackListener: (host: LoopbackHost) => Promise<LoopbackListener | null>
  /**
   * Stores what a sign-in finds out about a provider.
   * @throws KeywayError disk_full | save_failed | vault_locked
   */
  registry: () => ProviderFindings
  /** Runs tasks that may change the labels of a provider's connections one at a time. */
  withProviderLock: <Result>(providerId: string, task: () => Promise<Result>) => Promise<Result>
  /**
   * Resolves when no refresh of the connection is running, so that its response and the sign-in's do not
   * overwrite each other.
   */
  whenIdle: (connectionId: string) => Promise<void>
  /** A sign-in stored the tokens of a connection; `before` is null for a new one. */
  onSignedIn: (record: ConnectionRecord, before: ConnectionRecord | null) => void
}

export function startFailed(deps: FlowDeps, running: RunningFlow, failure: KeywayError): Flow {
  deps.logger.warn('A sign-in could not be started', {
    flowId: running.base.id,
    provider: running.base.providerSlug,
    code: failure.code,
    error: failure,
  })
  return deps.flows.end(running, { kind: 'failed', failure: withRegistration(deps, running, failure) })
}

/** Where the server forgot a client that it had registered, the next sign-in registers a new one. */
function withRegistration(
  { registry, logger }: FlowDeps,
  running: RunningFlow,
  failure: KeywayError,
): KeywayError {
  const { base } = running
  const { code, message, details } = failure
  // A client that was registered a moment ago was not forgotten: it may not use this flow.
  if (running.isClientNew && running.authorizationState === null) return failure
  if (!isClientRefusal(details['providerCode'], message)) return failure
  try {
    if (!registry().saveClientRefused(base.providerId)) return failure
  } catch (error) {
    logger.warn('That a client was refused could not be saved', { provider: base.providerSlug, error })
    return failure
  }
  const nextStep = 'Start the sign-in again: Keyway then registers a new client by itself.'
  return new KeywayError(code, { message, nextStep, details, cause: failure })
}

// A sign-in in progress.

export const FLOW_MS = 10 * 60_000

export type FlowBase = Pick<
  Flow,
  | 'id'
  | 'providerId'
  | 'providerSlug'
  | 'providerName'
  | 'connectionId'
  | 'account'
  | 'startedAt'
  | 'expiresAt'
>

export type RunningFlow = {
  base: FlowBase
  flow: Flow
  /** At most one sign-in is pending per key: a connection, or a provider and account label. */
  readonly concurrencyKey: string
  /** The id of the app that requested it; null: the person. */
  readonly startedBy: string | null
  input: ConnectInput
  /** The requested scopes. */
  readonly scopes: readonly string[]
  authorizationState: AuthorizationState | null
  /** This sign-in registered its client. */
  isClientNew: boolean
  /** The listener for the response, if this sign-in has its own. */
  loopbackListener: LoopbackListener | null
  /** Tokens that wait for the person's decision. */
  pendingSignIn: PendingSignIn | null
  /** The response that the browser brought, for a browser that brings it again. */
  received: ReceivedCallback | null
  readonly abort: AbortController
  cancelExpiry: () => void
}

export type ReceivedCallback = {
  /** Of all parameters. */
  digest: string
  /** Epoch milliseconds. */
  at: number
  /** Resolves when the sign-in has a result, and never rejects. */
  settled: Promise<void>
}

export const isPendingFlow = ({ kind }: Flow): boolean =>
  kind !== 'done' && kind !== 'failed' && kind !== 'cancelled'

export type FlowOpening = {
  concurrencyKey: string
  startedBy: string | null
  input: ConnectInput
  provider: { id: string; slug: string; name: string }
  scopes: readonly string[]
}

export function newRunningFlow(
  { concurrencyKey, startedBy, input, provider, scopes }: FlowOpening,
  now: number,
): RunningFlow {
  const base: FlowBase = {
    id: newId('flow'),
    providerId: provider.id,
    providerSlug: provider.slug,
    providerName: provider.name,
    connectionId: input.connectionId,
    account: input.account,
    startedAt: now,
    expiresAt: now + FLOW_MS,
  }
  return {
    base,
    flow: { ...base, kind: 'exchanging' },
    concurrencyKey,
    startedBy,
    input,
    scopes,
    authorizationState: null,
    isClientNew: false,
    loopbackListener: null,
    pendingSignIn: null,
    received: null,
    abort: new AbortController(),
    cancelExpiry: () => undefined,
  }
}

export type FlowStart = {
  running: RunningFlow
  provider: ProviderRecord
  before: ConnectionRecord | null
  open: ConnectInput['open']
}

export type Resource = { id: string; label: string; url: string | null }

/** The result of a sign-in, from the token response until it is stored or discarded. */
export type PendingSignIn = {
  provider: ResolvedProvider
  response: TokenResponse
  sign: SignIn
  redirectUri: string | null
  /** The target connection; null for a new one. */
  connectionId: string | null
  account: string | null
  resources: readonly Resource[]
}
