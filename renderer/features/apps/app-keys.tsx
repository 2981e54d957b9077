import { isolated } from '../../../shared/contract/name.ts'
import { KeyRound } from 'lucide-react'
import type { AppView } from '../../../shared/contract/app.ts'
import { buttonClasses } from '../../components/button.tsx'
import { Callout } from '../../components/callout.tsx'
import { Moment } from '../../components/moment.tsx'
import { Rows } from '../../components/section.tsx'
import { hrefOf } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { clock, countdown } from '../../lib/time.ts'
import { useNow } from '../../lib/use-now.ts'
import { useSnapshot } from '../../stores/window-context.tsx'

const words = text.apps.detail

export function AppKeys({ app }: { app: AppView }) {
  const now = useNow(15_000)
  return (
    <Rows>
      {app.keys.map((key) => (
        <div key={key.id} className="flex items-center gap-3 text-sm">
          <KeyRound aria-hidden="true" className="text-muted size-4 shrink-0" />
          <code className="text-muted text-xs">{words.keyHidden}</code>
          <span className="min-w-0 flex-1">
            {words.keyMade} <Moment at={key.createdAt} />
          </span>
          {key.expiresAt !== null && (
            <span className="text-wait text-xs">{words.keyUntil(clock(key.expiresAt, now))}</span>
          )}
        </div>
      ))}
      <div className="flex items-baseline justify-between gap-4 text-sm">
        <span className="text-muted">{words.used}</span>
        <span>{app.lastUsedAt === null ? text.apps.neverUsed : <Moment at={app.lastUsedAt} />}</span>
      </div>
    </Rows>
  )
}

/** What the person allowed for ten minutes: what, with which account, and for how long still. */
export function AppAllowed({ app }: { app: AppView }) {
  const now = useNow(5_000)
  const { connections } = useSnapshot()
  const standing = app.remembered.filter(({ until }) => until > now)
  if (standing.length === 0) return null
  return (
    <div className="mb-5 flex flex-col gap-2">
      {standing.map(({ connectionId, what, method, host, until }) => (
        <Callout
          key={`${connectionId} ${what} ${method} ${host}`}
          tone="info"
          title={words.allowed(
            what === 'token' ? words.allowedToken : `${method} ${host}`,
            connections.find(({ id }) => id === connectionId)?.account ?? connectionId,
            countdown(until - now),
          )}
        >
          {words.allowedHint}
        </Callout>
      ))}
    </div>
  )
}

/** What the program declared and nobody connected yet, before its first use fails for it. */
export function AppNeeds({ app }: { app: AppView }) {
  const { providers } = useSnapshot()
  if (app.missing.length === 0) return null
  return (
    <div className="mb-5 flex flex-col gap-2">
      {app.missing.map(({ provider: slug, scopes }) => {
        const provider = providers.find((each) => each.slug === slug)
        return (
          <Callout
            key={slug}
            tone="wait"
            title={`${isolated(provider?.name ?? slug)}: ${words.needMissing}`}
            actions={
              <a
                href={
                  provider === undefined
                    ? hrefOf({ name: 'add', query: slug })
                    : hrefOf({ name: 'provider', id: provider.id, tab: 'overview' })
                }
                className={buttonClasses('secondary', 'sm')}
              >
                {words.connectNow}
              </a>
            }
          >
            <code className="text-xs">{scopes.join(' ')}</code>
          </Callout>
        )
      })}
    </div>
  )
}
