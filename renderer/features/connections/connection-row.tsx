import { Code, Ellipsis } from 'lucide-react'
import { type KeyboardEvent, memo } from 'react'
import type { ConnectionView } from '../../../shared/contract/connection.ts'
import { isolated } from '../../../shared/contract/name.ts'
import { connectionState } from '../../../shared/domain/connection-state.ts'
import { ProviderIcon } from '../../components/brand/provider-icon.tsx'
import { Badge } from '../../components/display/badge.tsx'
import { ExpiryRing } from '../../components/display/expiry-ring.tsx'
import { Button, buttonClasses, IconButton } from '../../components/input/button.tsx'
import { Menu } from '../../components/layout/menu.tsx'
import { relative } from '../../lib/format.ts'
import { useNow } from '../../lib/hooks.ts'
import { hrefOf } from '../../lib/route.ts'
import { connectionName, tokenLeft } from '../../lib/status.ts'
import { text } from '../../lib/text.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { setupRoute } from '../providers/setup-route.ts'
import { useIconOf } from '../providers/use-presets.ts'
import { useStartSignIn } from '../sign-in/use-start-sign-in.ts'
import { useConnectionDialogs } from './dialog-context.ts'
import { endLabel, stateLabel, stateTones, StatusBadge } from './status-badge.tsx'
import { useConnectionMenu } from './use-connection-menu.tsx'

/** A name up to this length is never truncated. */
const SHORT_NAME = 12

/** Height in pixels at the base text size; the list scales it with the text. */
export const ROW_REM = 4

/** Rendered again only when its connection or the time changes, not while scrolling. */
export const ConnectionListRow = memo(function ConnectionRow({
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
            {/* Two rows of a provider differ by the account, so the provider is truncated first. */}
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
  const { identity, grantedScopes, missingScopes, lastUsedAt, account } = connection
  const state = connectionState(connection, now)
  const parts = [
    state.kind === 'verified' && state.end === null ? stateLabel(state, now) : null,
    identity.label === account || identity.label === null ? null : isolated(identity.label),
    grantedScopes.length === 0 ? null : text.connections.scopes(grantedScopes.length),
    missingScopes.length === 0 ? null : text.connections.missingScopes(missingScopes.length),
    lastUsedAt === null ? text.connections.neverUsed : text.connections.lastUsed(relative(lastUsedAt, now)),
  ]
  const told = parts.filter((part) => part !== null).join(' · ')
  // Where there is room, the badge shows it.
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

/** Text that is truncated where there is no room, with the full text on hover. */
function Cut({ name, className }: { name: string; className: string }) {
  return (
    <span title={isolated(name)} className={`truncate ${className}`}>
      {isolated(name)}
    </span>
  )
}

/** The most useful action as a button, the rest in a menu. */
function ConnectionRowActions({ connection, now }: { connection: ConnectionView; now: number }) {
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
      {status === 'ok' && !hasEnded && connection.missingScopes.length > 0 && (
        <UpgradeButton connection={connection} />
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

function UpgradeButton({ connection }: { connection: ConnectionView }) {
  const open = useConnectionDialogs()
  return (
    <span className="max-sm:hidden">
      <Button
        size="sm"
        aria-label={`${text.connections.upgradeNow} ${connectionName(connection)}`}
        onClick={() => open({ kind: 'scopes', connection })}
      >
        {text.connections.upgradeNow}
      </Button>
    </span>
  )
}

/** Up and down move between connections. */
function moveBetweenRows(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
  const list = event.currentTarget.closest('[role="list"]')
  const links = [...(list?.querySelectorAll<HTMLElement>('[data-row-link]') ?? [])]
  const next = links[links.indexOf(event.currentTarget) + (event.key === 'ArrowDown' ? 1 : -1)]
  if (next === undefined) return
  event.preventDefault()
  next.focus()
  next.scrollIntoView({ block: 'nearest' })
}

/** The ring, with the remaining time next to it. */
export function TokenRing({ connection, size = 'sm' }: { connection: ConnectionView; size?: 'sm' | 'lg' }) {
  const now = useNow(1000)
  const { share, short, sentence } = tokenLeft(connection, now)
  // Where the person has to act, the status is enough.
  if (share === 0 && connection.lastOutcome.status !== 'ok') return null
  return (
    <span title={sentence} className="flex items-center gap-2">
      {size === 'sm' && (
        <span aria-hidden="true" className="text-muted w-8 text-right text-xs tabular-nums max-xs:sr-only">
          {short}
        </span>
      )}
      <ExpiryRing
        left={share}
        tone={stateTones[connectionState(connection, now).kind]}
        size={size}
        label={sentence}
      />
    </span>
  )
}
