import type { Flow } from '../../shared/contract/flow.ts'
import type { Keyway } from '../core/keyway.ts'

/** The flow once nothing moves any more without a person or a browser, or as it is when the deadline has passed. */
export function awaitFlow(keyway: Keyway, flow: Flow, deadlineMs: number): Promise<Flow> {
  if (flow.kind !== 'exchanging') return Promise.resolve(flow)
  return new Promise((resolve) => {
    const settle = (): void => {
      cancel()
      stop()
      resolve(keyway.flows.get(flow.id) ?? flow)
    }
    const cancel = keyway.clock.after(deadlineMs, settle)
    const stop = keyway.on('flows', () => {
      if (keyway.flows.get(flow.id)?.kind !== 'exchanging') settle()
    })
  })
}
