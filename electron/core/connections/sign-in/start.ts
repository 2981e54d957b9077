// Starts sign-ins of every kind and implements {@link Flows}.
import type { z } from 'zod'
import type { ConnectionRecord } from '../../../../shared/contract/connection.ts'
import { KeywayError } from '../../../../shared/contract/errors.ts'
import type { ConnectInput, Flow, flowKind } from '../../../../shared/contract/flow.ts'
import { unionScopes } from '../../../../shared/domain/scopes.ts'
import type { Flows, FlowStarter } from '../../keyway.ts'
import { checkLabelFree } from '../store/lookup.ts'
import { startBrowserFlow } from './authorization-code.ts'
import { receiveCallback, receivePastedCallback } from './callback.ts'
import { startDeviceFlow } from './device.ts'
import { runDirectFlow } from './direct.ts'
import { confirmAccount, resourceChosen } from './finish.ts'
import type { FlowDeps, FlowStart } from './sessions.ts'

/** {@link Flows}, plus the steps that only the window uses. */
export type FlowRegistry = Flows & {
  start(input: ConnectInput): Promise<Flow>
  /** Opens a fresh authorization URL for a sign-in that waits for the browser. */
  openAgain(id: string, browser: string | null): Promise<Flow>
  chooseResource(id: string, resourceId: string): Promise<Flow>
  confirmAccount(id: string, answer: 'replace' | 'add' | 'discard'): Promise<Flow>
  dismiss(id: string): void
  /** Keyway closes: cancels sign-ins that wait for the person. A code exchange in progress may finish. */
  cancelWaiting(): void
  /** Cancels the pending sign-ins of a provider or connection that is removed. */
  cancelOf(gone: { providerId: string } | { connectionId: string }): void
}

export function createFlows(deps: FlowDeps): FlowRegistry {
  const { flows } = deps
  return {
    list: flows.list,
    get: (id) => flows.get(id)?.flow ?? null,
    start: (input) => startFlow(deps, input),
    callback: (parameters, arrivedAt = null) => receiveCallback(deps, parameters, arrivedAt),
    paste: (id, text) => receivePastedCallback(deps, flows.getOrThrow(id), text),
    cancel: (id) => flows.end(flows.getOrThrow(id), { kind: 'cancelled' }),
    startedBy: (id) => flows.get(id)?.startedBy ?? null,
    async startForLink(input, by) {
      const flow = await startFlow(deps, { ...input, open: 'link-only' }, by)
      return { flow, url: flow.kind === 'waiting_for_browser' ? flow.authorizationUrl : null }
    },
    async openAgain(id, browser) {
      const running = flows.getOrThrow(id)
      if (running.flow.kind !== 'waiting_for_browser') {
        throw new KeywayError('flow_not_found', { message: 'This sign-in does not wait for the browser.' })
      }
      if (browser !== null) running.input = { ...running.input, browser }
      const provider = deps.providers.getOrThrow(running.base.providerId)
      const { connectionId } = running.input
      const before = connectionId === null ? null : deps.records.getOrThrow(connectionId)
      return startBrowserFlow(deps, { running, provider, before, open: 'browser' })
    },
    chooseResource: (id, resourceId) => resourceChosen(deps, flows.getOrThrow(id), resourceId),
    confirmAccount: (id, answer) => confirmAccount(deps, flows.getOrThrow(id), answer),
    dismiss: flows.dismiss,
    cancelWaiting: () => flows.cancelWhere(({ kind }) => kind !== 'exchanging'),
    cancelOf: (gone) =>
      flows.cancelWhere((flow) =>
        'providerId' in gone ? flow.providerId === gone.providerId : flow.connectionId === gone.connectionId,
      ),
  }
}

// Starts a sign-in of any kind and returns its state. Only errors that the person can correct before the
// start are thrown; later errors end the sign-in.

type FlowKind = z.output<typeof flowKind>

/**
 * @throws KeywayError provider_not_found | connection_not_found | vault_locked | name_taken | invalid_request
 */
async function startFlow(
  deps: FlowDeps,
  input: ConnectInput,
  by: FlowStarter = { appId: null, managesConnection: true },
): Promise<Flow> {
  const provider = deps.providers.getOrThrow(input.providerId)
  if (!deps.box.unlocked) throw new KeywayError('vault_locked')
  const before = input.connectionId === null ? null : deps.records.getOrThrow(input.connectionId)
  if (before !== null && before.providerId !== provider.id) {
    throw new KeywayError('connection_not_found', {
      details: { connectionId: before.id, provider: provider.slug },
    })
  }
  if (before === null && input.account !== null)
    checkLabelFree(deps.records.ofProvider(provider.id), input.account)
  const kind = input.kind ?? kindOf(before) ?? provider.flow
  const { token, ...remembered } = input
  if ((kind === 'refresh_token' || kind === 'access_token') && token === undefined) {
    throw new KeywayError('invalid_request', { message: 'A token is needed.', details: { field: 'token' } })
  }
  const scopes = unionScopes(provider.scopes, before?.requestedScopes ?? [], input.addScopes)
  const concurrencyKey = by.managesConnection
    ? concurrencyKeyOf(input)
    : `${concurrencyKeyOf(input)}:by:${by.appId ?? ''}`
  const running = deps.flows.open({
    concurrencyKey,
    startedBy: by.appId,
    input: remembered,
    provider,
    scopes,
  })
  return begin(deps, { running, provider, before, open: input.open }, kind, token)
}

function begin(deps: FlowDeps, start: FlowStart, kind: FlowKind, token: string | undefined): Promise<Flow> {
  if (kind === 'authorization_code') return startBrowserFlow(deps, start)
  if (kind === 'device_code') return startDeviceFlow(deps, start)
  return runDirectFlow(deps, start, kind, token)
}

function concurrencyKeyOf({ connectionId, providerId, account }: ConnectInput): string {
  return connectionId === null
    ? `provider:${providerId}:${(account ?? '').normalize('NFC').toLowerCase()}`
    : `connection:${connectionId}`
}

/**
 * A reconnect uses the method of the first sign-in. A pasted token can only be pasted again, so then the
 * provider's own method is used.
 */
function kindOf(before: ConnectionRecord | null): FlowKind | null {
  if (before === null || before.how === 'pasted_refresh_token' || before.how === 'pasted_access_token')
    return null
  return before.how
}
