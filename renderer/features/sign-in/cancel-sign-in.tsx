import type { Flow } from '../../../shared/contract/flow.ts'
import { Button } from '../../components/button.tsx'
import { text } from '../../lib/text.ts'
import { useHost } from '../../stores/window-context.tsx'
import { toastFailure } from '../toasts.ts'

export function CancelSignIn({ flow }: { flow: Flow }) {
  const host = useHost()
  const cancel = async (): Promise<void> => {
    const answer = await host.call('flows.cancel', { id: flow.id })
    if (!answer.ok) toastFailure(answer.failure)
  }
  return (
    <Button look="ghost" size="sm" onClick={() => void cancel()}>
      {text.signIn.cancel}
    </Button>
  )
}
