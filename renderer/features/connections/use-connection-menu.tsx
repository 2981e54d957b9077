import { Blocks, Code, FlaskConical, KeySquare, Pencil, Plug, RefreshCw, Star, Unplug } from 'lucide-react'
import { toast } from 'sonner'
import type { ConnectionView } from '../../../shared/contract/connection.ts'
import type { MenuItem } from '../../components/menu.tsx'
import { connectionName } from '../../lib/status.ts'
import { text } from '../../lib/text.ts'
import { navigate } from '../../stores/use-route.ts'
import { useHost } from '../../stores/window-context.tsx'
import { useStartSignIn } from '../sign-in/use-start-sign-in.ts'
import { toastFailure } from '../toasts.ts'
import { useConnectionDialogs } from './dialog-context.ts'

/** Everything one can do with a connection, in one order everywhere. */
export function useConnectionMenu(connection: ConnectionView): MenuItem[] {
  const host = useHost()
  const open = useConnectionDialogs()
  const signIn = useStartSignIn()
  const { id, providerId } = connection

  const refresh = async (): Promise<void> => {
    const answer = await host.call('connections.refresh', { id })
    if (answer.ok) toast.success(text.connections.refreshed(connectionName(connection)))
    else toastFailure(answer.failure)
  }
  const makeDefault = async (): Promise<void> => {
    const answer = await host.call('connections.setDefault', { id })
    if (answer.ok) toast.success(text.connections.madeDefault(connection.account, connection.providerName))
    else toastFailure(answer.failure)
  }

  return [
    {
      kind: 'item',
      label: text.connections.copySnippet,
      icon: <Code />,
      onSelect: () => open({ kind: 'snippet', connection }),
    },
    {
      kind: 'item',
      label: text.connections.testCall,
      icon: <FlaskConical />,
      onSelect: () => open({ kind: 'test', connection }),
    },
    { kind: 'item', label: text.connections.refreshNow, icon: <RefreshCw />, onSelect: () => void refresh() },
    { kind: 'divider', key: 'first' },
    {
      kind: 'item',
      label: text.connections.reconnect,
      icon: <Plug />,
      onSelect: () => void signIn.start({ providerId, connectionId: id }),
    },
    {
      kind: 'item',
      label: text.connections.upgrade,
      icon: <KeySquare />,
      onSelect: () => open({ kind: 'scopes', connection }),
    },
    {
      kind: 'item',
      label: text.connections.rename,
      icon: <Pencil />,
      onSelect: () => open({ kind: 'rename', connection }),
    },
    {
      kind: 'item',
      label: text.connections.setDefault,
      icon: <Star />,
      disabled: connection.isDefault,
      onSelect: () => void makeDefault(),
    },
    {
      kind: 'item',
      label: text.connections.openProvider,
      icon: <Blocks />,
      onSelect: () => navigate({ name: 'provider', id: providerId, tab: 'overview' }),
    },
    { kind: 'divider', key: 'second' },
    {
      kind: 'item',
      label: text.connections.disconnect,
      icon: <Unplug />,
      danger: true,
      onSelect: () => open({ kind: 'disconnect', connection }),
    },
  ]
}
