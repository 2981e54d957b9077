import { memo } from 'react'
import type { ConnectionView } from '../../../shared/contract/connection.ts'
import { Badge } from '../../components/badge.tsx'
import { ProviderIcon } from '../../components/provider-icon.tsx'
import { StatusBadge } from '../../components/status-badge.tsx'
import { hrefOf } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { relative } from '../../lib/time.ts'
import { useIconOf } from '../providers/use-presets.ts'
import { ConnectionRowActions } from './connection-row-actions.tsx'
import { moveBetweenRows } from './move-between-rows.ts'
import { TokenRing } from './token-ring.tsx'

/** Height in pixels at the base text size; the list scales it with the text. */
export const ROW_REM = 4

/** Drawn anew only when its connection or the time changes, not with every line that is scrolled. */
export const ConnectionRow = memo(function ConnectionRow({
  connection,
  now,
}: {
  connection: ConnectionView
  now: number
}) {
  const icon = useIconOf(connection.providerSlug, connection.providerId)
  const { status, message } = connection.lastOutcome
  return (
    <article
      aria-label={`${connection.providerName}, ${connection.account}`}
      className="group/row hover:bg-hover relative flex h-full items-center gap-3 px-4 transition-colors duration-100 max-sm:gap-2.5 max-sm:px-3"
    >
      <ProviderIcon icon={icon} name={connection.providerName} />
      <div className="min-w-0 flex-1">
        <div className="flex min-w-0 items-center gap-2">
          <a
            href={hrefOf({ name: 'connection', id: connection.id })}
            data-row-link=""
            onKeyDown={moveBetweenRows}
            className="text-ink flex min-w-0 gap-1 text-sm font-medium outline-offset-0 after:absolute after:inset-0 after:rounded-[inherit] focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
          >
            <span className="min-w-0 truncate">{connection.providerName}</span>
            <span className="text-faint shrink-0 font-normal">·</span>
            <span className="max-w-[60%] min-w-0 shrink-0 truncate">{connection.account}</span>
          </a>
          {connection.isDefault && (
            <span className="max-sm:hidden">
              <Badge>{text.connections.default}</Badge>
            </span>
          )}
          {status !== 'ok' && (
            <span className="max-sm:hidden">
              <StatusBadge status={status} />
            </span>
          )}
        </div>
        <p className="text-muted min-w-0 truncate text-xs">
          {status === 'ok' ? (
            <Quiet connection={connection} now={now} />
          ) : (
            <>
              <span className="sm:hidden">{text.connections.status[status]}</span>
              <span className="max-sm:sr-only">{message}</span>
            </>
          )}
        </p>
      </div>
      <TokenRing connection={connection} />
      <ConnectionRowActions connection={connection} />
    </article>
  )
})

function Quiet({ connection, now }: { connection: ConnectionView; now: number }) {
  const { identity, grantedScopes, lastUsedAt, account } = connection
  const parts = [
    identity.label === account ? null : identity.label,
    grantedScopes.length === 0 ? null : text.connections.scopes(grantedScopes.length),
    lastUsedAt === null ? text.connections.neverUsed : text.connections.lastUsed(relative(lastUsedAt, now)),
  ]
  return parts.filter((part) => part !== null).join(' · ')
}
