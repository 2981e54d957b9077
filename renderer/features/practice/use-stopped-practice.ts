import { useHost, useSnapshot } from '../../stores/window-context.tsx'
import { toastFailure } from '../toasts.ts'

/**
 * For a connection to the practice provider while that is stopped: a function that starts it (false: it
 * failed), otherwise null. This is not an outage of a server, and only a start helps.
 */
export function useStoppedPractice(providerId: string): (() => Promise<boolean>) | null {
  const host = useHost()
  const { rehearsal } = useSnapshot()
  if (rehearsal.kind !== 'stopped' || rehearsal.providerId !== providerId) return null
  return async () => {
    const answer = await host.call('rehearsal.start', undefined)
    if (!answer.ok) toastFailure(answer.failure)
    return answer.ok
  }
}
