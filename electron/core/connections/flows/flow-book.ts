// The running and the lately finished attempts to connect: which is pending, which has ended and how.
import { KeywayError, toErrorBody } from '../../../../shared/contract/errors.ts'
import type { Flow } from '../../../../shared/contract/flow.ts'
import { isRedirectTarget } from '../../../../shared/domain/redirect-uri.ts'
import type { Transaction } from '../../oauth/oauth-client.ts'
import type { Clock } from '../../ports.ts'
import { createFlowStates, type FlowStates } from './flow-states.ts'
import type { HeldSignIn } from './held-sign-in.ts'
import {
  FLOW_MS,
  isPending,
  newRunningFlow,
  type FlowBase,
  type FlowOpening,
  type RunningFlow,
} from './running-flow.ts'

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
  bind(running: RunningFlow, transaction: Transaction): void
  /** Whom a state belongs to. A pending one is spent by this call. */
  take(state: string): ReturnType<FlowStates<RunningFlow>['take']>
  knows(state: string): boolean
  /** Whether an answer with this state belongs to another listener than the one it came to. Spends nothing. */
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
