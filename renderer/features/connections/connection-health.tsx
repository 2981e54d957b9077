import type { ConnectionView } from '../../../shared/contract/connection.ts'
import { nextStepFor } from '../../../shared/contract/errors.ts'
import { Button, buttonClasses } from '../../components/button.tsx'
import { Callout, type Tone } from '../../components/callout.tsx'
import { offlineScope } from '../../../shared/domain/offline-scope.ts'
import { hrefOf } from '../../lib/route.ts'
import { statusTones } from '../../lib/status.ts'
import { text } from '../../lib/text.ts'
import { clock, relative } from '../../lib/time.ts'
import { useNow } from '../../lib/use-now.ts'
import { useCall } from '../../stores/use-call.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { StopWaiting } from '../../components/stop-waiting.tsx'
import { Failure } from '../../components/failure.tsx'
import { useStartSignIn } from '../sign-in/use-start-sign-in.ts'

/** A grant that lapses within this time is worth a word. */
const WARN_MS = 3 * 24 * 60 * 60 * 1000

/** What is wrong now or soon, and the one thing to do about it. Nothing when all is well. */
export function ConnectionHealth({ connection }: { connection: ConnectionView }) {
  const now = useNow(5000)
  const { lastOutcome, stopsWorkingAt } = connection
  if (lastOutcome.status !== 'ok') return <Trouble connection={connection} now={now} />
  if (stopsWorkingAt === null || stopsWorkingAt - now > WARN_MS) return null
  return <Lapsing connection={connection} stopsWorkingAt={stopsWorkingAt} now={now} />
}

function Trouble({ connection, now }: { connection: ConnectionView; now: number }) {
  const signIn = useStartSignIn()
  const refresh = useCall('connections.refresh')
  const { lastOutcome, providerId, id } = connection
  const tone: Tone = statusTones[lastOutcome.status]
  const retry =
    lastOutcome.retryAt === null ? '' : ` · ${text.connections.retryIn(relative(lastOutcome.retryAt, now))}`
  return (
    <div className="mb-8 flex flex-col gap-2">
      <Callout
        tone={tone}
        title={lastOutcome.message ?? text.connections.status[lastOutcome.status]}
        actions={
          <>
            {lastOutcome.status === 'config_error' && (
              <a
                href={hrefOf({ name: 'provider', id: providerId, tab: 'check' })}
                className={buttonClasses('primary', 'sm')}
              >
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

type LapsingProps = { connection: ConnectionView; stopsWorkingAt: number; now: number }

function Lapsing({ connection, stopsWorkingAt, now }: LapsingProps) {
  const signIn = useStartSignIn()
  const words = text.connections.detail
  const time = clock(stopsWorkingAt, now)
  const { providerId, id, hasRefreshToken, requestedScopes } = connection
  const spec = useSnapshot().providers.find((provider) => provider.id === providerId)?.spec
  const scope = spec === undefined ? null : offlineScope(spec, requestedScopes)
  return (
    <div className="mb-8">
      <Callout
        tone="wait"
        title={stopsWorkingAt > now ? words.stopsWorking(time) : words.stopped(time)}
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
