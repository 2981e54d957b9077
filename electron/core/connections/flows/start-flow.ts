// Starts an attempt to connect, of whatever kind, and says how it stands. Only what the person can correct before starting is thrown;
// everything later is the flow's own end.
import type { ConnectionRecord } from '../../../../shared/contract/connection.ts'
import { KeywayError } from '../../../../shared/contract/errors.ts'
import type { ConnectInput, Flow, flowKind } from '../../../../shared/contract/flow.ts'
import type { FlowStarter } from '../../keyway.ts'
import type { z } from 'zod'
import { unionScopes } from '../../../../shared/domain/scopes.ts'
import { checkLabelFree } from '../account-labels.ts'
import { startBrowserFlow } from './browser-flow.ts'
import { startDeviceFlow } from './device-flow.ts'
import { runDirectFlow } from './direct-flow.ts'
import type { FlowStart } from './running-flow.ts'
import type { FlowDeps } from './flow-deps.ts'

type FlowKind = z.output<typeof flowKind>

/** @throws KeywayError provider_not_found | connection_not_found | vault_locked | name_taken | invalid_request */
export async function startFlow(
  deps: FlowDeps,
  input: ConnectInput,
  by: FlowStarter = { appId: null, hasCustody: true },
): Promise<Flow> {
  const provider = deps.providers.need(input.providerId)
  if (!deps.box.unlocked) throw new KeywayError('vault_locked')
  const before = input.connectionId === null ? null : deps.book.need(input.connectionId)
  if (before !== null && before.providerId !== provider.id) {
    throw new KeywayError('connection_not_found', {
      details: { connectionId: before.id, provider: provider.slug },
    })
  }
  if (before === null && input.account !== null)
    checkLabelFree(deps.book.ofProvider(provider.id), input.account)
  const kind = input.kind ?? kindOf(before) ?? provider.flow
  const { token, ...remembered } = input
  if ((kind === 'refresh_token' || kind === 'access_token') && token === undefined) {
    throw new KeywayError('invalid_request', { message: 'A token is needed.', details: { field: 'token' } })
  }
  const scopes = unionScopes(provider.scopes, before?.requestedScopes ?? [], input.addScopes)
  const slot = by.hasCustody ? slotOf(input) : `${slotOf(input)}:by:${by.appId ?? ''}`
  const running = deps.flows.open({ slot, startedBy: by.appId, input: remembered, provider, scopes })
  return begin(deps, { running, provider, before, open: input.open }, kind, token)
}

function begin(deps: FlowDeps, start: FlowStart, kind: FlowKind, token: string | undefined): Promise<Flow> {
  if (kind === 'authorization_code') return startBrowserFlow(deps, start)
  if (kind === 'device_code') return startDeviceFlow(deps, start)
  return runDirectFlow(deps, start, kind, token)
}

function slotOf({ connectionId, providerId, account }: ConnectInput): string {
  return connectionId === null
    ? `provider:${providerId}:${(account ?? '').normalize('NFC').toLowerCase()}`
    : `connection:${connectionId}`
}

/** A reconnect goes the way the connection came; a pasted token can only be pasted again, so there the provider's own way is taken. */
function kindOf(before: ConnectionRecord | null): FlowKind | null {
  if (before === null || before.how === 'pasted_refresh_token' || before.how === 'pasted_access_token')
    return null
  return before.how
}
