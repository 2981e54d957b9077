import { isolated } from '../../../shared/contract/name.ts'
import { memo } from 'react'
import type { ConnectionView } from '../../../shared/contract/connection.ts'
import { Badge } from '../../components/badge.tsx'
import { ProviderIcon } from '../../components/provider-icon.tsx'
import { connectionState } from '../../../shared/domain/connection-state.ts'
import { hrefOf } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { relative } from '../../lib/time.ts'
import { useIconOf } from '../providers/use-presets.ts'
import { ConnectionRowActions } from './connection-row-actions.tsx'
import { moveBetweenRows } from './move-between-rows.ts'
import { endLabel, stateLabel } from './state-words.ts'
import { StatusBadge } from './status-badge.tsx'
import { TokenRing } from './token-ring.tsx'

/** A name up to this long is never worth cutting. */
const SHORT_NAME = 12

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
  const state = connectionState(connection, now)
  const { message } = connection.lastOutcome
  const isWell = connection.lastOutcome.status === 'ok' && state.kind !== 'ended'
  return (
    <article
      aria-label={`${isolated(connection.providerName)}, ${isolated(connection.account)}`}
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
            {/* The account tells two rows of one provider apart, so a long name of the provider gives way first. */}
            <Cut
              name={connection.providerName}
              className={connection.providerName.length > SHORT_NAME ? 'min-w-20 shrink-[8]' : 'shrink-0'}
            />
            <span className="text-faint shrink-0 font-normal">·</span>
            <Cut name={connection.account} className="min-w-0" />
          </a>
          <RowBadges connection={connection} now={now} />
        </div>
        <p className="text-muted min-w-0 truncate text-xs">
          {isWell ? (
            <Quiet connection={connection} now={now} />
          ) : (
            <>
              <span className="sm:hidden">{stateLabel(state, now)}</span>
              <span className="max-sm:sr-only">
                {message ?? (state.end === null ? null : endLabel(state.end, now))}
              </span>
            </>
          )}
        </p>
      </div>
      <TokenRing connection={connection} />
      <ConnectionRowActions connection={connection} now={now} />
    </article>
  )
})

function RowBadges({ connection, now }: { connection: ConnectionView; now: number }) {
  return (
    <>
      {connection.isDefault && (
        <span className="max-sm:hidden">
          <Badge>{text.connections.default}</Badge>
        </span>
      )}
      {connectionState(connection, now).kind !== 'verified' && (
        <span className="max-sm:hidden">
          <StatusBadge connection={connection} now={now} />
        </span>
      )}
    </>
  )
}

function Quiet({ connection, now }: { connection: ConnectionView; now: number }) {
  const { identity, grantedScopes, lastUsedAt, account } = connection
  const state = connectionState(connection, now)
  const parts = [
    state.kind === 'verified' && state.end === null ? stateLabel(state, now) : null,
    identity.label === account || identity.label === null ? null : isolated(identity.label),
    grantedScopes.length === 0 ? null : text.connections.scopes(grantedScopes.length),
    lastUsedAt === null ? text.connections.neverUsed : text.connections.lastUsed(relative(lastUsedAt, now)),
  ]
  const told = parts.filter((part) => part !== null).join(' · ')
  // Where there is room, the badge says it.
  if (state.kind === 'not_verified') {
    return (
      <>
        <span className="sm:hidden">{`${stateLabel(state, now)} · `}</span>
        {told}
      </>
    )
  }
  if (state.end === null) return told
  return (
    <>
      <span className={state.kind === 'ends' ? 'text-wait font-medium' : undefined}>
        {endLabel(state.end, now)}
      </span>
      {` · ${told}`}
    </>
  )
}

/** Text that is cut off where there is no room, and told whole on hover. */
function Cut({ name, className }: { name: string; className: string }) {
  return (
    <span title={isolated(name)} className={`truncate ${className}`}>
      {isolated(name)}
    </span>
  )
}
