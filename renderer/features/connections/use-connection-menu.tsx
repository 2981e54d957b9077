import {
  Blocks,
  Code,
  FileText,
  FlaskConical,
  KeySquare,
  Pencil,
  Plug,
  RefreshCw,
  Star,
  Unplug,
} from 'lucide-react'
import type { ReactNode } from 'react'
import { toast } from 'sonner'
import type { ConnectionView } from '../../../shared/contract/connection.ts'
import type { ActionItem, MenuItem } from '../../components/menu.tsx'
import { connectionName } from '../../lib/status.ts'
import { text } from '../../lib/text.ts'
import { navigate } from '../../stores/use-route.ts'
import { useHost } from '../../stores/window-context.tsx'
import { useStartSignIn } from '../sign-in/use-start-sign-in.ts'
import { toastFailure } from '../toasts.ts'
import { useConnectionDialogs, type ConnectionDialog } from './dialog-context.ts'

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

  const item = (label: string, icon: ReactNode, onSelect: () => void): ActionItem => ({
    kind: 'item',
    label,
    icon,
    onSelect,
  })
  const dialog = (kind: ConnectionDialog['kind']) => (): void => open({ kind, connection })
  const words = text.connections
  return [
    item(words.copySnippet, <Code />, dialog('snippet')),
    item(words.testCall, <FlaskConical />, dialog('test')),
    item(words.refreshNow, <RefreshCw />, () => void refresh()),
    { kind: 'divider', key: 'first' },
    item(words.reconnect, <Plug />, () => void signIn.start({ providerId, connectionId: id })),
    item(words.upgrade, <KeySquare />, dialog('scopes')),
    item(words.rename, <Pencil />, dialog('rename')),
    { ...item(words.setDefault, <Star />, () => void makeDefault()), disabled: connection.isDefault },
    item(words.openProvider, <Blocks />, () =>
      navigate({ name: 'provider', id: providerId, tab: 'overview' }),
    ),
    item(text.move.reportAction, <FileText />, dialog('report')),
    { kind: 'divider', key: 'second' },
    { ...item(words.disconnect, <Unplug />, dialog('disconnect')), danger: true },
  ]
}
