// Between the screens and the host: a call that wants a proof of presence waits while the person gives it,
// and is then made again. Whoever called waits as for any other answer, so nothing that was typed is lost.
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { UiCallName, UiInput, UiOutput, UiResult } from '../../shared/contract/ui-api.ts'
import type { Host } from '../host/host.ts'

export type PresenceGate = StoreApi<{ asking: boolean }> & {
  /** The same host, asking where it has to. */
  readonly host: Host
  /** The person proved it, or left. */
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
    // The dialog's own calls say there what is wrong.
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
