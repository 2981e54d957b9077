import { CircleCheck, Code, Ellipsis } from 'lucide-react'
import { type KeyboardEvent, memo } from 'react'
import type { ConnectionView } from '../../../shared/contract/connection.ts'
import { isolated } from '../../../shared/contract/name.ts'
import { connectionState } from '../../../shared/domain/connection-state.ts'
import { ProviderIcon } from '../../components/brand/provider-icon.tsx'
import { Badge } from '../../components/display/badge.tsx'
import { ExpiryRing } from '../../components/display/expiry-ring.tsx'
import { Button, buttonClasses, IconButton } from '../../components/input/button.tsx'
import { Menu } from '../../components/layout/menu.tsx'
import { classes, relative } from '../../lib/format.ts'
import { useNow } from '../../lib/hooks.ts'
import { hrefOf } from '../../lib/route.ts'
import { connectionName, tokenLeft } from '../../lib/status.ts'
import { text } from '../../lib/text.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { appsOf } from '../apps/grants.ts'
import { setupRoute } from '../providers/setup-route.ts'
import { useIconOf } from '../providers/use-presets.ts'
import { useStartSignIn } from '../sign-in/use-start-sign-in.ts'
import { useConnectionDialogs } from './dialog-context.ts'
import { endLabel, stateLabel, stateTones, StatusBadge } from './status-badge.tsx'
import { useConnectionMenu } from './use-connection-menu.tsx'

/** Height in rem: pixels at the base text size, and it grows with the text. */
export const ROW_REM = 3

/** The columns of the list, which the headings share; a narrow list has the first and the last alone. */
export const rowColumns =
  'grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-3 px-4 max-sm:gap-x-2 max-sm:px-3 @3xl:grid-cols-[minmax(0,1fr)_6rem_4.5rem_2.25rem_9.5rem_9.5rem]'
const columnClasses = 'text-muted hidden min-w-0 truncate text-xs @3xl:block'

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
  const { status } = connection.lastOutcome
  const hasColumns = (status === 'ok' && state.kind !== 'ended') || status === 'retrying'
  return (
    <article
      aria-label={`${isolated(connection.providerName)}, ${isolated(connection.account)}`}
      className={classes(
        'group/row hover:bg-hover relative h-full transition-colors duration-100',
        rowColumns,
      )}
    >
      {/* What is wrong takes the place of the columns that then say nothing. */}
      <div
        className={classes(
          'flex min-w-0 items-center gap-3 max-sm:gap-2.5',
          !hasColumns && '@3xl:col-span-4',
        )}
      >
        <ProviderIcon icon={icon} name={connection.providerName} size="sm" />
        <div className="min-w-0 flex-1">
          <RowName connection={connection} />
          <AccountLine connection={connection} now={now} />
        </div>
      </div>
      {hasColumns && <WorkingColumns connection={connection} now={now} />}
      <StatusColumn connection={connection} now={now} />
      <div className="flex items-center justify-end gap-2">
        {state.kind !== 'verified' && (
          <span className="max-sm:hidden @3xl:hidden">
            <StatusBadge connection={connection} now={now} />
          </span>
        )}
        <span className="@3xl:hidden">
          <TokenRing connection={connection} />
        </span>
        <ConnectionRowActions connection={connection} now={now} />
      </div>
    </article>
  )
})

function RowName({ connection }: { connection: ConnectionView }) {
  return (
    <div className="flex min-w-0 items-center gap-2">
      <a
        href={hrefOf({ name: 'connection', id: connection.id })}
        data-row-link=""
        onKeyDown={moveBetweenRows}
        aria-label={connectionName(connection)}
        className="text-ink flex min-w-0 text-sm/5 font-medium outline-offset-0 after:absolute after:inset-0 after:rounded-[inherit] focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
      >
        <Cut name={connection.providerName} className="min-w-0" />
      </a>
      {connection.isDefault && (
        <span className="max-sm:hidden">
          <Badge>{text.connections.default}</Badge>
        </span>
      )}
    </div>
  )
}

/** Two rows of a provider differ by the account, so the rest is truncated first. */
function AccountLine({ connection, now }: { connection: ConnectionView; now: number }) {
  const state = connectionState(connection, now)
  const { status, message } = connection.lastOutcome
  const isWell = status === 'ok' && state.kind !== 'ended'
  return (
    <p className="text-muted flex min-w-0 text-xs/4">
      <Cut name={connection.account} className="text-ink max-w-full shrink-0" />
      <span className="min-w-0 truncate whitespace-pre">
        {isWell ? (
          <Quiet connection={connection} now={now} />
        ) : (
          <>
            <span className="sm:hidden">{dotted([stateLabel(state, now)])}</span>
            <span className="max-sm:sr-only">
              {dotted([message ?? (state.end === null ? null : endLabel(state.end, now))])}
            </span>
          </>
        )}
      </span>
    </p>
  )
}

/** The columns of a connection that works. */
function WorkingColumns({ connection, now }: { connection: ConnectionView; now: number }) {
  const { apps } = useSnapshot()
  const { lastUsedAt } = connection
  const count = appsOf(connection, apps).length
  const words = text.connections.columns
  return (
    <>
      <span className={columnClasses}>
        <span className="sr-only">{words.lastUsed} </span>
        {lastUsedAt === null ? text.connections.never : relative(lastUsedAt, now)}
      </span>
      <span className="hidden justify-self-start @3xl:block">
        <TokenRing connection={connection} />
      </span>
      <span className={classes(columnClasses, 'text-right tabular-nums')}>
        <span className="sr-only">{words.apps} </span>
        {count}
      </span>
    </>
  )
}

function StatusColumn({ connection, now }: { connection: ConnectionView; now: number }) {
  const state = connectionState(connection, now)
  return (
    <span className="hidden @3xl:block">
      {state.kind === 'verified' ? (
        <span className="text-muted flex items-center gap-1.5 text-xs whitespace-nowrap">
          <CircleCheck aria-hidden="true" className="text-ok size-3.5 shrink-0" />
          {stateLabel(state, now)}
        </span>
      ) : (
        <StatusBadge connection={connection} now={now} />
      )}
    </span>
  )
}

/** Above the first group, on its line. Each row names its own facts to a screen reader. */
export function ColumnHeadings() {
  const words = text.connections.columns
  return (
    <div
      aria-hidden="true"
      className={classes('text-faint absolute inset-x-px bottom-2 hidden! text-xs @3xl:grid!', rowColumns)}
    >
      <span />
      <span>{words.lastUsed}</span>
      <span>{words.expires}</span>
      <span className="text-right">{words.apps}</span>
      <span>{words.status}</span>
    </div>
  )
}

function Quiet({ connection, now }: { connection: ConnectionView; now: number }) {
  const { identity, grantedScopes, missingScopes, lastUsedAt, account } = connection
  const state = connectionState(connection, now)
  const parts = [
    identity.label === account || identity.label === null ? null : isolated(identity.label),
    grantedScopes.length === 0 ? null : text.connections.scopes(grantedScopes.length),
    missingScopes.length === 0 ? null : text.connections.missingScopes(missingScopes.length),
  ]
  const used =
    lastUsedAt === null ? text.connections.neverUsed : text.connections.lastUsed(relative(lastUsedAt, now))
  return (
    <>
      {state.end !== null && (
        <>
          {' · '}
          <span className={state.kind === 'ends' ? 'text-wait font-medium' : undefined}>
            {endLabel(state.end, now)}
          </span>
        </>
      )}
      {/* Status and last use have columns where there is room. */}
      {state.end === null && <span className="@3xl:hidden">{dotted([stateLabel(state, now)])}</span>}
      {dotted(parts)}
      <span className="@3xl:hidden">{dotted([used])}</span>
    </>
  )
}

/** The parts that there are, each after a dot. */
function dotted(parts: ReadonlyArray<string | null>): string {
  return parts.map((part) => (part === null ? '' : ` · ${part}`)).join('')
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
