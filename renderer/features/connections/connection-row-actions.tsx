import { Code, Ellipsis } from 'lucide-react'
import type { ConnectionView } from '../../../shared/contract/connection.ts'
import { connectionState } from '../../../shared/domain/connection-state.ts'
import { Button, buttonClasses } from '../../components/button.tsx'
import { IconButton } from '../../components/icon-button.tsx'
import { Menu } from '../../components/menu.tsx'
import { connectionName } from '../../lib/status.ts'
import { hrefOf } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { setupRoute } from '../providers/setup-route.ts'
import { useStartSignIn } from '../sign-in/use-start-sign-in.ts'
import { useConnectionDialogs } from './dialog-context.ts'
import { useConnectionMenu } from './use-connection-menu.tsx'

/** The one action that helps now in words, the rest in a menu. */
export function ConnectionRowActions({ connection, now }: { connection: ConnectionView; now: number }) {
  const items = useConnectionMenu(connection)
  const open = useConnectionDialogs()
  const signIn = useStartSignIn()
  const { providers } = useSnapshot()
  const name = connectionName(connection)
  const { status } = connection.lastOutcome
  const hasEnded = connectionState(connection, now).kind === 'ended'
  return (
    <div className="relative z-1 flex items-center gap-1">
      {(status === 'reconnect_needed' || hasEnded) && (
        <Button
          size="sm"
          look="primary"
          pending={signIn.pending}
          aria-label={`${text.connections.reconnect} ${name}`}
          onClick={() =>
            void signIn.start({ providerId: connection.providerId, connectionId: connection.id })
          }
        >
          {text.connections.reconnect}
        </Button>
      )}
      {status === 'config_error' && (
        <a
          href={hrefOf(setupRoute(connection.providerId, providers))}
          aria-label={`${text.connections.fixSetup}: ${name}`}
          className={buttonClasses('secondary', 'sm')}
        >
          {text.connections.fixSetup}
        </a>
      )}
      <span className="max-sm:hidden">
        <IconButton
          tooltip="native"
          label={`${text.connections.copySnippet}: ${name}`}
          icon={<Code aria-hidden="true" />}
          onClick={() => open({ kind: 'snippet', connection })}
        />
      </span>
      <Menu
        items={items}
        trigger={
          <IconButton
            tooltip="native"
            label={text.common.moreActions(name)}
            icon={<Ellipsis aria-hidden="true" />}
          />
        }
      />
    </div>
  )
}
