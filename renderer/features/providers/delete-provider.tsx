import { toast } from 'sonner'
import type { ProviderView } from '../../../shared/contract/provider.ts'
import { Button } from '../../components/input/button.tsx'
import { ConfirmDialog } from '../../components/feedback/dialog.tsx'
import { Failure } from '../../components/feedback/callout.tsx'
import { StopWaiting } from '../../components/feedback/waiting.tsx'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { hrefOf } from '../../lib/route.ts'
import { leaveGone } from '../../stores/use-route.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { appsOf } from '../apps/grants.ts'

const words = text.providers.remove

export function DeleteProvider({ provider, onClose }: { provider: ProviderView; onClose: () => void }) {
  const { connections, apps } = useSnapshot()
  const remove = useCall('providers.remove', 'told')
  const own = connections.filter(({ providerId }) => providerId === provider.id)
  const affected = new Set(own.flatMap((connection) => appsOf(connection, apps)).map(({ name }) => name))

  const confirm = async (): Promise<void> => {
    const answer = await remove.run({ id: provider.id })
    if (answer === null) return
    toast.success(words.done(provider.name, answer.value.removedConnections))
    leaveGone(hrefOf({ name: 'provider', id: provider.id, tab: 'overview' }), { name: 'providers' })
  }
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={words.title(provider.name)}
      footer={
        <>
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <StopWaiting call={remove} />
          <Button look="danger" pending={remove.pending} onClick={() => void confirm()}>
            {words.confirm}
          </Button>
        </>
      }
    >
      <p>{words.breaks(own.length)}</p>
      {affected.size > 0 && <p>{words.apps([...affected].join(', '))}</p>}
      <Failure failure={remove.failure} />
    </ConfirmDialog>
  )
}
