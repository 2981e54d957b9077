import {
  Blocks,
  Code,
  FileText,
  FlaskConical,
  KeyRound,
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
import type { ActionItem, MenuItem } from '../../components/layout/menu.tsx'
import { text } from '../../lib/text.ts'
import { navigate } from '../../stores/use-route.ts'
import { useHost, useSnapshot } from '../../stores/window-context.tsx'
import { useStartSignIn } from '../sign-in/use-start-sign-in.ts'
import { toastFailure, toastUndone } from '../toasts.ts'
import { useConnectionDialogs, type ConnectionDialog } from './dialog-context.ts'
import { useRefresh } from './use-refresh.ts'

/** All actions of a connection, in the same order everywhere. */
export function useConnectionMenu(connection: ConnectionView): MenuItem[] {
  const host = useHost()
  const open = useConnectionDialogs()
  const signIn = useStartSignIn()
  const { id, providerId } = connection
  const { connections } = useSnapshot()

  const refresh = useRefresh(connection)
  const makeDefault = async (): Promise<void> => {
    const before = connections.find((each) => each.providerId === providerId && each.isDefault)
    const answer = await host.call('connections.setDefault', { id })
    if (!answer.ok) {
      toastFailure(answer.failure)
      return
    }
    toast.success(text.connections.madeDefault(connection.account, connection.providerName), {
      action:
        before === undefined
          ? undefined
          : {
              label: text.common.undo,
              onClick: () => void toastUndone(host.call('connections.setDefault', { id: before.id })),
            },
    })
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
    item(text.signIn.ways.actionAgain, <KeyRound />, dialog('ways')),
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
