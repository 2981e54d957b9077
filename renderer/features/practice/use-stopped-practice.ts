import { useHost, useSnapshot } from '../../stores/window-context.tsx'
import { toastFailure } from '../toasts.ts'

/**
 * For a connection to the practice provider while that is stopped: what starts it (false: it could not be),
 * else null. It is no outage of somebody's server then, and nothing but a start helps.
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
