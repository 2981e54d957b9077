import { ExternalLink } from 'lucide-react'
import { useState } from 'react'
import type { ConnectionView } from '../../../shared/contract/connection.ts'
import type { DisconnectResult } from '../../../shared/contract/ui-api.ts'
import { Button, buttonClasses } from '../../components/input/button.tsx'
import { Callout, Failure } from '../../components/feedback/callout.tsx'
import { ConfirmDialog } from '../../components/feedback/dialog.tsx'
import { connectionName } from '../../lib/status.ts'
import { StopWaiting } from '../../components/feedback/waiting.tsx'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { navigate } from '../../stores/use-route.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { appsOf } from '../apps/grants.ts'

const words = text.connections.disconnectDialog

/** States what will happen before, and what happened after. */
export function DisconnectDialog({
  connection,
  onClose,
}: {
  connection: ConnectionView
  onClose: () => void
}) {
  const [result, setResult] = useState<DisconnectResult | null>(null)
  const disconnect = useCall('connections.disconnect')

  const confirm = async (): Promise<void> => {
    const answer = await disconnect.run({ id: connection.id })
    if (answer !== null) setResult(answer.value)
  }
  const close = (): void => {
    onClose()
    if (result !== null) navigate({ name: 'connections' })
  }

  if (result !== null) return <Disconnected connection={connection} result={result} onClose={close} />
  return (
    <ConfirmDialog
      open
      onClose={close}
      title={words.title(connectionName(connection))}
      footer={
        <>
          <Button onClick={close}>{text.common.cancel}</Button>
          <StopWaiting call={disconnect} />
          <Button look="danger" pending={disconnect.pending} onClick={() => void confirm()}>
            {words.confirm}
          </Button>
        </>
      }
    >
      <Consequences connection={connection} />
      <Failure failure={disconnect.failure} />
    </ConfirmDialog>
  )
}

function Consequences({ connection }: { connection: ConnectionView }) {
  const { providers, apps } = useSnapshot()
  const spec = providers.find(({ id }) => id === connection.providerId)?.spec
  const revocable = spec !== undefined && (spec.endpoints.revocation !== null || spec.revocation !== null)
  const affected = appsOf(connection, apps)
  return (
    <>
      {/* With discovery only the server knows; the result is shown afterwards in any case. */}
      <p>
        {revocable || spec?.discovery.issuer !== null
          ? words.willRevoke(connection.providerName)
          : words.cannotRevoke(connection.providerName)}
      </p>
      {spec?.revocation?.revokesAll === true && <p>{words.revokesAll(connection.providerName)}</p>}
      <p>
        {affected.length === 0
          ? words.breaksNothing
          : words.breaks(affected.map(({ name }) => name).join(', '))}
      </p>
      <p>{words.history}</p>
    </>
  )
}

const TITLES = {
  at_provider: words.doneRevoked,
  local_only: words.doneLocal,
  queued: words.doneQueued,
} as const

type DisconnectedProps = { connection: ConnectionView; result: DisconnectResult; onClose: () => void }

function Disconnected({ connection, result, onClose }: DisconnectedProps) {
  const revoked = result.revoked === 'at_provider'
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={TITLES[result.revoked]}
      footer={
        <>
          {result.manageUrl !== null && (
            <a
              href={result.manageUrl}
              target="_blank"
              rel="noreferrer"
              className={buttonClasses('secondary', 'md')}
            >
              {words.manage(connection.providerName)}
              <ExternalLink aria-hidden="true" className="size-3.5" />
            </a>
          )}
          <Button look="primary" onClick={onClose}>
            {text.common.done}
          </Button>
        </>
      }
    >
      <Callout tone={revoked ? 'ok' : 'wait'} title={result.message} live="polite" />
    </ConfirmDialog>
  )
}
