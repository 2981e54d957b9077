// Wraps the host: a call that requires presence waits for the person's proof and is then repeated. The caller
// only waits longer, so nothing that was typed is lost.
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { UiCallName, UiInput, UiOutput, UiResult } from '../../shared/contract/ui-api.ts'
import type { Host } from '../host/host.ts'

export type PresenceGate = StoreApi<{ asking: boolean }> & {
  /** The same host, which requests a proof where one is required. */
  readonly host: Host
  /** The person gave the proof, or cancelled. */
  settle(how: 'proved' | 'left'): void
}

export function createPresenceGate(host: Host): PresenceGate {
  const store = createStore<{ asking: boolean }>(() => ({ asking: false }))
  let waiting: Array<(how: 'proved' | 'left') => void> = []
  const ask = (): Promise<'proved' | 'left'> =>
    new Promise((resolve) => {
      waiting.push(resolve)
      store.setState({ asking: true })
    })
  const call = async <Name extends UiCallName>(
    name: Name,
    input: UiInput<Name>,
  ): Promise<UiResult<UiOutput<Name>>> => {
    const answer = await host.call(name, input)
    // The dialog reports failures of its own calls itself.
    if (answer.ok || answer.failure.code !== 'presence_required' || name.startsWith('presence.'))
      return answer
    return (await ask()) === 'proved' ? host.call(name, input) : answer
  }
  return {
    ...store,
    host: {
      ...host,
      call,
    },
    settle(how) {
      const settled = waiting
      waiting = []
      store.setState({ asking: false })
      for (const resolve of settled) resolve(how)
    },
  }
}
