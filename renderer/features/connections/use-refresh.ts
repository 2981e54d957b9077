import { toast } from 'sonner'
import type { ConnectionView } from '../../../shared/contract/connection.ts'
import { nextStepFor } from '../../../shared/contract/errors.ts'
import { withLocalTimes } from '../../lib/format.ts'
import { connectionName } from '../../lib/status.ts'
import { text } from '../../lib/text.ts'
import { navigate } from '../../stores/use-route.ts'
import { useHost, useSnapshot } from '../../stores/window-context.tsx'
import { setupRoute } from '../providers/setup-route.ts'
import { useStoppedPractice } from '../practice/use-stopped-practice.ts'
import { useStartSignIn } from '../sign-in/use-start-sign-in.ts'
import { replaceToast, TOLD_LONG_MS, withSlowToast } from '../toasts.ts'

/** Refreshes now and reports the result for the token; a response of Keyway alone is not one. */
export function useRefresh(connection: ConnectionView): () => Promise<void> {
  const host = useHost()
  const signIn = useStartSignIn()
  const { providers } = useSnapshot()
  const startPractice = useStoppedPractice(connection.providerId)
  const { id, providerId } = connection
  const name = connectionName(connection)
  const words = text.connections

  const reconnect = {
    label: words.reconnect,
    onClick: () => void signIn.start({ providerId, connectionId: id }),
  }
  const refresh = async (): Promise<void> => {
    const answer = await withSlowToast(words.refreshing(name), host.call('connections.refresh', { id }))
    if (answer === null) return
    const notice = replaceToast(`refresh:${id}`)
    const retry = { label: text.common.retry, onClick: () => void refresh() }
    if (!answer.ok) {
      const { message, retryable } = answer.failure
      const action = retryable ? retry : reconnect
      toast.error(words.notRefreshed(name), {
        description: toldNow(`${message} ${nextStepFor('window', answer.failure)}`),
        action,
        id: notice,
        duration: TOLD_LONG_MS,
      })
      return
    }
    const { status, message } = answer.value.lastOutcome
    if (status !== 'ok' && startPractice !== null) {
      const start = { label: words.practiceStart, onClick: () => void startAndRefresh(startPractice) }
      toast.warning(words.notRefreshed(name), {
        id: notice,
        description: words.practiceStopped,
        action: start,
      })
      return
    }
    if (status === 'ok') {
      toast.success(words.refreshed(name), { id: notice })
      return
    }
    const setup = {
      label: words.fixSetup,
      onClick: () => navigate(setupRoute(providerId, providers)),
    }
    const action = { retrying: retry, reconnect_needed: reconnect, config_error: setup }[status]
    const tell = status === 'retrying' ? toast.warning : toast.error
    tell(words.notRefreshed(name), { id: notice, description: message, action, duration: TOLD_LONG_MS })
  }
  const startAndRefresh = async (start: () => Promise<boolean>): Promise<void> => {
    if (await start()) await refresh()
  }
  return refresh
}

const toldNow = (sentence: string): string => withLocalTimes(sentence, Date.now())
