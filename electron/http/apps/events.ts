// What changed, as an app may see it: the core sends whole lists, apps get the single change.
import type { AppRecord } from '../../../shared/contract/app.ts'
import type { Approval } from '../../../shared/contract/approval.ts'
import type { ConnectionView } from '../../../shared/contract/connection.ts'
import type { Flow } from '../../../shared/contract/flow.ts'
import { toIsoMoment, toIsoMomentOrNull } from '../../../shared/contract/http-api.ts'
import type { Keyway } from '../../core/keyway.ts'
import { sees } from '../connections/selection.ts'

type Send = (event: string, data: Readonly<Record<string, unknown>>) => void

/**
 * `current`: the app as it is now; null when its key is no longer good. Returns what stops each subscription.
 */
export function appEvents(keyway: Keyway, current: () => AppRecord | null, send: Send): Array<() => void> {
  const connections = createChanges<ConnectionView>(connectionState)
  const flows = createChanges<Flow>((flow) => flow.kind)
  const approvals = createChanges<Approval>(({ waiting }) => String(waiting))
  connections.update(keyway.connections.list())
  flows.update(keyway.flows.list())
  approvals.update(keyway.approvals.list())
  return [
    keyway.on('connections', (list) => {
      const app = current()
      for (const { item, change } of connections.update(list)) {
        if (app !== null && sees(keyway, app, item)) send('connection.changed', connectionEvent(item, change))
      }
    }),
    keyway.on('flows', (list) => {
      const app = current()
      for (const { item, change } of flows.update(list)) {
        const about = { id: item.connectionId ?? '', providerId: item.providerId }
        if (app !== null && change !== 'removed' && sees(keyway, app, about))
          send('flow.changed', flowEvent(item))
      }
    }),
    keyway.on('approvals', (list) => {
      const app = current()
      for (const { item, change } of approvals.update(list)) {
        if (app !== null && (item.appId === app.id || app.approve))
          send('approval.changed', approvalEvent(item, change))
      }
    }),
  ]
}

type Change = 'added' | 'changed' | 'removed'

function createChanges<Item extends { id: string }>(stateOf: (item: Item) => string) {
  let known = new Map<string, { item: Item; state: string }>()
  return {
    update(list: readonly Item[]): Array<{ item: Item; change: Change }> {
      const next = new Map(list.map((item) => [item.id, { item, state: stateOf(item) }]))
      const changes = [...next].flatMap(([id, { item, state }]) => {
        const before = known.get(id)
        if (before?.state === state) return []
        return [{ item, change: before === undefined ? ('added' as const) : ('changed' as const) }]
      })
      const removed = [...known].filter(([id]) => !next.has(id))
      known = next
      return [...changes, ...removed.map(([, { item }]) => ({ item, change: 'removed' as const }))]
    },
  }
}

function connectionState({
  account,
  isDefault,
  lastOutcome,
  generation,
  grantedScopes,
}: ConnectionView): string {
  return JSON.stringify([account, isDefault, lastOutcome.status, lastOutcome.code, generation, grantedScopes])
}

function connectionEvent(view: ConnectionView, change: Change) {
  return {
    change,
    connectionId: view.id,
    provider: view.providerSlug,
    account: view.account,
    status: view.lastOutcome.status,
    code: view.lastOutcome.code,
    tokenExpiresAt: toIsoMomentOrNull(view.expiresAt),
  }
}

function flowEvent(flow: Flow) {
  return {
    flowId: flow.id,
    state: flow.kind,
    provider: flow.providerSlug,
    connectionId: flow.connectionId,
    account: flow.account,
    ...(flow.kind === 'failed' ? { code: flow.failure.code } : {}),
  }
}

function approvalEvent(approval: Approval, change: Change) {
  return {
    approvalId: approval.id,
    state: change === 'removed' ? 'decided' : 'waiting',
    kind: approval.kind,
    waiting: approval.waiting,
    expiresAt: toIsoMoment(approval.expiresAt),
  }
}
