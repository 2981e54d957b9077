import { KeywayError } from '../../../../shared/contract/errors.ts'
import type { ConnectInput, Flow } from '../../../../shared/contract/flow.ts'
import type { Flows } from '../../keyway.ts'
import { startBrowserFlow } from './browser-flow.ts'
import { receiveCallback, receivePaste } from './callback.ts'
import { confirmAccount, resourceChosen } from './finish-sign-in.ts'
import type { FlowDeps } from './flow-deps.ts'
import { startFlow } from './start-flow.ts'

/** {@link Flows}, and the steps that only the window takes. */
export type FlowRegistry = Flows & {
  start(input: ConnectInput): Promise<Flow>
  /** A fresh URL for a flow that waits for the browser, in the browser. */
  openAgain(id: string, browser: string | null): Promise<Flow>
  chooseResource(id: string, resourceId: string): Promise<Flow>
  confirmAccount(id: string, answer: 'replace' | 'add' | 'discard'): Promise<Flow>
  dismiss(id: string): void
  /** Keyway closes: ends what waits for a person. An exchange under way may still finish. */
  cancelWaiting(): void
  /** Ends what is pending for a provider or connection that goes away. */
  cancelOf(gone: { providerId: string } | { connectionId: string }): void
}

export function createFlows(deps: FlowDeps): FlowRegistry {
  const { flows } = deps
  return {
    list: flows.list,
    get: (id) => flows.get(id)?.flow ?? null,
    start: (input) => startFlow(deps, input),
    callback: (parameters, arrivedAt = null) => receiveCallback(deps, parameters, arrivedAt),
    paste: (id, text) => receivePaste(deps, flows.need(id), text),
    cancel: (id) => flows.end(flows.need(id), { kind: 'cancelled' }),
    startedBy: (id) => flows.get(id)?.startedBy ?? null,
    async startForLink(input, by) {
      const flow = await startFlow(deps, { ...input, open: 'link-only' }, by)
      return { flow, url: flow.kind === 'waiting_for_browser' ? flow.authorizationUrl : null }
    },
    async openAgain(id, browser) {
      const running = flows.need(id)
      if (running.flow.kind !== 'waiting_for_browser') {
        throw new KeywayError('flow_not_found', { message: 'This sign-in does not wait for the browser.' })
      }
      if (browser !== null) running.input = { ...running.input, browser }
      const provider = deps.providers.need(running.base.providerId)
      const { connectionId } = running.input
      const before = connectionId === null ? null : deps.book.need(connectionId)
      return startBrowserFlow(deps, { running, provider, before, open: 'browser' })
    },
    chooseResource: (id, resourceId) => resourceChosen(deps, flows.need(id), resourceId),
    confirmAccount: (id, answer) => confirmAccount(deps, flows.need(id), answer),
    dismiss: flows.dismiss,
    cancelWaiting: () => flows.cancelWhere(({ kind }) => kind !== 'exchanging'),
    cancelOf: (gone) =>
      flows.cancelWhere((flow) =>
        'providerId' in gone ? flow.providerId === gone.providerId : flow.connectionId === gone.connectionId,
      ),
  }
}
