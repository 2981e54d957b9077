import { KeyRound } from 'lucide-react'
import { useState } from 'react'
import { toast } from 'sonner'
import type { AppView } from '../../../shared/contract/app.ts'
import { isolated } from '../../../shared/contract/name.ts'
import { Moment } from '../../components/display/facts.tsx'
import { Callout, Failure } from '../../components/feedback/callout.tsx'
import { ConfirmDialog } from '../../components/feedback/dialog.tsx'
import { Button, buttonClasses } from '../../components/input/button.tsx'
import { Select } from '../../components/input/choices.tsx'
import { Field } from '../../components/input/field.tsx'
import { Rows } from '../../components/layout/page.tsx'
import { clock, countdown } from '../../lib/format.ts'
import { useNow } from '../../lib/hooks.ts'
import { hrefOf } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { leaveGone } from '../../stores/use-route.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import type { FreshKey } from './key-dialog.tsx'

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

/** Approvals that are remembered for ten minutes: for what, for which account, and how long still. */
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

/** Declared needs without a connection, shown before the program's first use fails. */
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

type RotateProps = { app: AppView; onClose: () => void; onFresh: (fresh: FreshKey) => void }

export function RotateDialog({ app, onClose, onFresh }: RotateProps) {
  const [overlap, setOverlap] = useState('60')
  const rotate = useCall('apps.rotateKey')
  const confirm = async (): Promise<void> => {
    const answer = await rotate.run({ id: app.id, overlapMinutes: Number(overlap) })
    if (answer === null) return
    onClose()
    onFresh(answer.value)
  }
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={words.rotateTitle}
      footer={
        <>
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <Button look="primary" pending={rotate.pending} onClick={() => void confirm()}>
            {words.rotateConfirm}
          </Button>
        </>
      }
    >
      <p>{words.rotateLead}</p>
      <Field label={words.overlap}>
        {(ids) => (
          <Select
            {...ids}
            value={overlap}
            onChange={(event) => setOverlap(event.target.value)}
            options={Object.entries(words.overlaps).map(([value, label]) => ({ value, label }))}
          />
        )}
      </Field>
      <Failure failure={rotate.failure} />
    </ConfirmDialog>
  )
}

export function RevokeDialog({ app, onClose }: { app: AppView; onClose: () => void }) {
  const remove = useCall('apps.remove', 'told')
  const confirm = async (): Promise<void> => {
    if ((await remove.run({ id: app.id })) === null) return
    toast.success(words.revoked(app.name))
    leaveGone(hrefOf({ name: 'app', id: app.id }), { name: 'apps' })
  }
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={words.revokeTitle(app.name)}
      footer={
        <>
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <Button look="danger" pending={remove.pending} onClick={() => void confirm()}>
            {words.revoke}
          </Button>
        </>
      }
    >
      <p>{words.revokeLead}</p>
      <Failure failure={remove.failure} />
    </ConfirmDialog>
  )
}
