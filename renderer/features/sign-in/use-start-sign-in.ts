import type { ConnectDraft } from '../../../shared/contract/flow.ts'
import { useState } from 'react'
import { text } from '../../lib/text.ts'
import { navigate } from '../../stores/use-route.ts'
import { useHost } from '../../stores/window-context.tsx'
import { withSlowToast } from '../slow-toast.ts'
import { toastFailure } from '../toasts.ts'

/** Starts a sign-in and goes to where one sees it run. */
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
