// The running and the lately finished attempts to connect. It owns which of them is pending and which state belongs to whom; a state is
// spent once, and what it was is remembered for a while, so that a replayed answer can be told from a foreign one.
import { KeywayError, toErrorBody } from '../../../../shared/contract/errors.ts'
import type { ConnectInput, Flow } from '../../../../shared/contract/flow.ts'
import { newId } from '../../ids.ts'
import type { Transaction } from '../../oauth/oauth-client.ts'
import type { Clock } from '../../ports.ts'
import type { HeldSignIn } from './held-sign-in.ts'

export const FLOW_MS = 10 * 60_000
const FINISHED_KEPT = 20
const STATES_KEPT = 500

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
  /** What there may be one pending flow of: a connection, or a provider and account label. */
  readonly slot: string
  readonly input: ConnectInput
  /** What the provider is asked for. */
  readonly scopes: readonly string[]
  transaction: Transaction | null
  /** Tokens that came and wait for the person's decision. */
  held: HeldSignIn | null
  readonly abort: AbortController
  cancelExpiry: () => void
}

export type FlowBook = {
  list(): Flow[]
  get(id: string): RunningFlow | null
  /** @throws KeywayError flow_not_found */
  need(id: string): RunningFlow
  open(
    slot: string,
    input: ConnectInput,
    about: { provider: { id: string; slug: string; name: string }; scopes: readonly string[] },
  ): RunningFlow
  /** Shows the next step. A flow that has ended stays as it is. */
  show(running: RunningFlow, step: (base: FlowBase) => Flow): Flow
  /** Gives the flow this much time from now. */
  expireAfter(running: RunningFlow, lifetimeMs: number): void
  bind(running: RunningFlow, transaction: Transaction): void
  /** Whom a state belongs to. A pending one is spent by this call. */
  take(
    state: string,
  ): { kind: 'pending'; running: RunningFlow } | { kind: 'spent'; flow: Flow } | { kind: 'unknown' }
  knows(state: string): boolean
  end(running: RunningFlow, how: { kind: 'cancelled' } | { kind: 'failed'; failure: KeywayError }): Flow
  dismiss(id: string): void
  cancelWhere(matches: (flow: Flow) => boolean): void
}

export const isPending = ({ kind }: Flow): boolean =>
  kind !== 'done' && kind !== 'failed' && kind !== 'cancelled'

export function createFlowBook(deps: {
  clock: Clock
  onChanged: () => void
  /** Tokens that wait in a flow which ends without them. */
  onDropped: (held: HeldSignIn) => void
}): FlowBook {
  const { clock } = deps
  const flows = new Map<string, RunningFlow>()
  const states = new Map<string, { running: RunningFlow; isSpent: boolean }>()

  const trim = (): void => {
    const finished = [...flows.values()].filter(({ flow }) => !isPending(flow))
    for (const { flow } of finished.slice(0, Math.max(0, finished.length - FINISHED_KEPT)))
      flows.delete(flow.id)
    for (const state of [...states.keys()].slice(0, Math.max(0, states.size - STATES_KEPT)))
      states.delete(state)
  }
  const put = (running: RunningFlow, flow: Flow): Flow => {
    running.flow = flow
    if (!isPending(flow)) {
      running.cancelExpiry()
      trim()
    }
    deps.onChanged()
    return flow
  }
  const end: FlowBook['end'] = (running, how) => {
    if (!isPending(running.flow)) return running.flow
    const { held } = running
    running.held = null
    const flow = put(
      running,
      how.kind === 'cancelled'
        ? { ...running.base, kind: 'cancelled' }
        : { ...running.base, kind: 'failed', failure: toErrorBody(how.failure) },
    )
    running.abort.abort()
    if (held !== null) deps.onDropped(held)
    return flow
  }
  const expireAfter: FlowBook['expireAfter'] = (running, lifetimeMs) => {
    running.cancelExpiry()
    running.base = { ...running.base, expiresAt: clock.now() + lifetimeMs }
    running.cancelExpiry = clock.after(lifetimeMs, () => {
      // An exchange that is under way has a deadline of its own.
      if (running.flow.kind !== 'exchanging')
        end(running, { kind: 'failed', failure: new KeywayError('flow_expired') })
    })
  }

  return {
    list: () => [...flows.values()].map(({ flow }) => flow),
    get: (id) => flows.get(id) ?? null,
    need(id) {
      const running = flows.get(id)
      if (running === undefined) throw new KeywayError('flow_not_found', { details: { flowId: id } })
      return running
    },
    open(slot, input, { provider, scopes }) {
      for (const other of flows.values()) if (other.slot === slot) end(other, { kind: 'cancelled' })
      const now = clock.now()
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
      const running: RunningFlow = {
        base,
        flow: { ...base, kind: 'exchanging' },
        slot,
        input,
        scopes,
        transaction: null,
        held: null,
        abort: new AbortController(),
        cancelExpiry: () => undefined,
      }
      flows.set(base.id, running)
      expireAfter(running, FLOW_MS)
      deps.onChanged()
      return running
    },
    show: (running, step) => (isPending(running.flow) ? put(running, step(running.base)) : running.flow),
    expireAfter,
    bind(running, transaction) {
      const before = running.transaction === null ? undefined : states.get(running.transaction.state)
      if (before !== undefined) before.isSpent = true
      running.transaction = transaction
      states.set(transaction.state, { running, isSpent: false })
    },
    take(state) {
      const known = states.get(state)
      if (known === undefined) return { kind: 'unknown' }
      if (known.isSpent || known.running.flow.kind !== 'waiting_for_browser')
        return { kind: 'spent', flow: known.running.flow }
      known.isSpent = true
      return { kind: 'pending', running: known.running }
    },
    knows: (state) => states.has(state),
    end,
    dismiss(id) {
      const running = flows.get(id)
      if (running === undefined) return
      end(running, { kind: 'cancelled' })
      flows.delete(id)
      deps.onChanged()
    },
    cancelWhere(matches) {
      for (const running of flows.values()) {
        if (isPending(running.flow) && matches(running.flow)) end(running, { kind: 'cancelled' })
      }
    },
  }
}
