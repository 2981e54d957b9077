import { useState } from 'react'
import type { ConnectionStatus, ConnectionView } from '../../../shared/contract/connection.ts'
import { nextStepFor } from '../../../shared/contract/errors.ts'
import { Button, buttonClasses } from '../../components/input/button.tsx'
import { Callout, Failure, type Tone } from '../../components/feedback/callout.tsx'
import { connectionState, ENDS_SOON_MS, type ConnectionEnd } from '../../../shared/domain/connection-state.ts'
import { offlineScope } from '../../../shared/domain/scopes.ts'
import { hrefOf } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { clock, relative } from '../../lib/format.ts'
import { useNow } from '../../lib/hooks.ts'
import { useCall } from '../../stores/use-call.ts'
import { useHost, useSnapshot } from '../../stores/window-context.tsx'
import { StopWaiting } from '../../components/feedback/waiting.tsx'
import { useConnectionDialogs } from './dialog-context.ts'
import { endLabel, stateLabel } from './status-badge.tsx'
import { setupRoute } from '../providers/setup-route.ts'
import { useStoppedPractice } from '../practice/use-stopped-practice.ts'
import { useStartSignIn } from '../sign-in/use-start-sign-in.ts'

/** What is wrong now or soon, and the one thing to do about it. Nothing when all is well. */
export function ConnectionHealth({ connection }: { connection: ConnectionView }) {
  const now = useNow(5000)
  const startPractice = useStoppedPractice(connection.providerId)
  if (startPractice !== null) return <PracticeStopped id={connection.id} start={startPractice} />
  if (connection.lastOutcome.status !== 'ok') return <Trouble connection={connection} now={now} />
  const { kind, end } = connectionState(connection, now)
  return (
    <>
      {kind === 'not_verified' && <NotVerified connection={connection} />}
      {end !== null && end.at - now < ENDS_SOON_MS && <Ending connection={connection} end={end} now={now} />}
    </>
  )
}

const troubleTones: Record<ConnectionStatus, Tone> = {
  ok: 'ok',
  retrying: 'wait',
  reconnect_needed: 'bad',
  config_error: 'setup',
}

function Trouble({ connection, now }: { connection: ConnectionView; now: number }) {
  const signIn = useStartSignIn()
  const refresh = useCall('connections.refresh')
  const { lastOutcome, providerId, id } = connection
  const { providers } = useSnapshot()
  const state = connectionState(connection, now)
  const tone: Tone = troubleTones[lastOutcome.status]
  const retry =
    lastOutcome.retryAt === null ? '' : ` · ${text.connections.retryIn(relative(lastOutcome.retryAt, now))}`
  return (
    <div className="mb-8 flex flex-col gap-2">
      <Callout
        tone={tone}
        title={lastOutcome.message ?? stateLabel(state, now)}
        actions={
          <>
            {lastOutcome.status === 'config_error' && (
              <a href={hrefOf(setupRoute(providerId, providers))} className={buttonClasses('primary', 'sm')}>
                {text.connections.fixSetup}
              </a>
            )}
            {lastOutcome.status !== 'retrying' && (
              <Button
                size="sm"
                look={lastOutcome.status === 'reconnect_needed' ? 'primary' : 'secondary'}
                pending={signIn.pending}
                onClick={() => void signIn.start({ providerId, connectionId: id })}
              >
                {text.connections.reconnect}
              </Button>
            )}
            <Button size="sm" pending={refresh.pending} onClick={() => void refresh.run({ id })}>
              {text.common.retry}
            </Button>
            <StopWaiting call={refresh} size="sm" />
          </>
        }
      >
        {nextStepFor('window', lastOutcome)}{' '}
        <span className="text-faint text-xs">
          {text.connections.statusAt(clock(lastOutcome.at, now))}
          {retry}
        </span>
      </Callout>
      <Failure failure={refresh.failure} />
    </div>
  )
}

function PracticeStopped({ id, start }: { id: string; start: () => Promise<boolean> }) {
  const host = useHost()
  const [pending, setPending] = useState(false)
  const startAndRefresh = async (): Promise<void> => {
    setPending(true)
    // What came of the refresh stands on the connection itself.
    if (await start()) await host.call('connections.refresh', { id })
    setPending(false)
  }
  return (
    <div className="mb-8">
      <Callout
        tone="wait"
        title={text.connections.practiceStopped}
        actions={
          <Button size="sm" look="primary" pending={pending} onClick={() => void startAndRefresh()}>
            {text.connections.practiceStart}
          </Button>
        }
      >
        {text.connections.practiceStoppedLead}
      </Callout>
    </div>
  )
}

function NotVerified({ connection }: { connection: ConnectionView }) {
  const open = useConnectionDialogs()
  return (
    <div className="mb-8">
      <Callout
        tone="info"
        title={text.connections.notVerifiedTitle}
        actions={
          <Button size="sm" look="primary" onClick={() => open({ kind: 'test', connection })}>
            {text.connections.testCall}
          </Button>
        }
      >
        {text.connections.notVerifiedLead}
      </Callout>
    </div>
  )
}

type EndingProps = { connection: ConnectionView; end: ConnectionEnd; now: number }

function Ending({ connection, end, now }: EndingProps) {
  const signIn = useStartSignIn()
  const words = text.connections.detail
  const { providerId, id, hasRefreshToken, requestedScopes } = connection
  const spec = useSnapshot().providers.find((provider) => provider.id === providerId)?.spec
  const scope = spec === undefined ? null : offlineScope(spec, requestedScopes)
  return (
    <div className="mb-8">
      <Callout
        tone={end.at > now ? 'wait' : 'bad'}
        title={endLabel(end, now)}
        actions={
          <Button
            size="sm"
            look="primary"
            pending={signIn.pending}
            onClick={() =>
              void signIn.start({
                providerId,
                connectionId: id,
                ...(hasRefreshToken
                  ? {}
                  : { prompt: 'consent', ...(scope === null ? {} : { addScopes: [scope] }) }),
              })
            }
          >
            {hasRefreshToken ? text.connections.reconnect : words.askConsent}
          </Button>
        }
      >
        {hasRefreshToken ? undefined : words.noRefresh}
      </Callout>
    </div>
  )
}
