import { useState } from 'react'
import type { ConnectDraft, Flow } from '../../../shared/contract/flow.ts'
import { text } from '../../lib/text.ts'
import { navigate } from '../../stores/use-route.ts'
import { useHost } from '../../stores/window-context.tsx'
import { toastFailure, withSlowToast } from '../toasts.ts'

/** Starts a sign-in and shows its screen. */
export function useStartSignIn(): { pending: boolean; start(draft: ConnectDraft): Promise<boolean> } {
  const host = useHost()
  const [pending, setPending] = useState(false)
  return {
    pending,
    async start(draft) {
      setPending(true)
      const answer = await withSlowToast(text.signIn.starting, host.call('connections.connect', draft))
      setPending(false)
      if (answer === null) return false
      if (answer.ok) navigate({ name: 'sign-in', flowId: answer.value.id })
      else toastFailure(answer.failure)
      return answer.ok
    },
  }
}

/** A flow that is known to be in one of its states. */
export type FlowOf<Kind extends Flow['kind']> = Extract<Flow, { kind: Kind }>

/** The sign-in has not ended: the person, the provider or Keyway must act. */
export function isSignInOpen(flow: Flow): boolean {
  return flow.kind !== 'done' && flow.kind !== 'failed' && flow.kind !== 'cancelled'
}
