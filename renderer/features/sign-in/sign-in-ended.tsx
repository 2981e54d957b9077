import type { Flow } from '../../../shared/contract/flow.ts'
import { Button, buttonClasses } from '../../components/input/button.tsx'
import { Failure } from '../../components/feedback/callout.tsx'
import { Spinner } from '../../components/feedback/spinner.tsx'
import { hrefOf } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { navigate } from '../../stores/use-route.ts'
import { useHost } from '../../stores/window-context.tsx'
import { type FlowOf, useStartSignIn } from './use-start-sign-in.ts'

export function Exchanging() {
  return (
    <div className="flex items-start gap-3">
      <Spinner className="text-accent mt-1 size-4.5" />
      <div>
        <h2 className="text-ink text-lg font-semibold tracking-tight">{text.signIn.exchanging.title}</h2>
        <p className="text-muted text-sm">{text.signIn.exchanging.lead}</p>
      </div>
    </div>
  )
}

export function SignInFailed({ flow }: { flow: FlowOf<'failed'> }) {
  const words = text.signIn.failed
  const { code, field } = flow.failure
  // The same attempt again would fail the same way.
  const isSetup = code === 'config_error' || code === 'discovery_failed' || typeof field === 'string'
  const setup = (
    <a
      href={hrefOf({
        name: 'provider',
        id: flow.providerId,
        tab: 'edit',
        ...(typeof field === 'string' ? { field } : {}),
      })}
      className={buttonClasses(isSetup ? 'primary' : 'secondary', 'md')}
    >
      {isSetup ? words.fixSetup : words.edit}
    </a>
  )
  return (
    <div className="flex flex-col gap-4">
      <h2 className="text-ink text-lg font-semibold tracking-tight">{words.title}</h2>
      <Failure failure={flow.failure} />
      <div className="flex flex-wrap gap-2">
        {isSetup && setup}
        <StartAgain flow={flow} label={words.retry} look={isSetup ? 'secondary' : 'primary'} />
        {!isSetup && setup}
        <Dismiss flow={flow} />
      </div>
    </div>
  )
}

export function Cancelled({ flow }: { flow: FlowOf<'cancelled'> }) {
  const words = text.signIn.cancelled
  return (
    <div className="flex flex-col gap-4">
      <div>
        <h2 className="text-ink text-lg font-semibold tracking-tight">{words.title}</h2>
        <p className="text-muted text-sm">{words.lead}</p>
      </div>
      <div className="flex flex-wrap gap-2">
        <StartAgain flow={flow} label={words.retry} />
        <Dismiss flow={flow} />
      </div>
    </div>
  )
}

type StartAgainProps = { flow: Flow; label: string; look?: 'primary' | 'secondary' }

function StartAgain({ flow, label, look = 'primary' }: StartAgainProps) {
  const signIn = useStartSignIn()
  return (
    <Button
      look={look}
      pending={signIn.pending}
      onClick={() =>
        void signIn.start({
          providerId: flow.providerId,
          connectionId: flow.connectionId,
          account: flow.account,
        })
      }
    >
      {label}
    </Button>
  )
}

function Dismiss({ flow }: { flow: Flow }) {
  const host = useHost()
  const dismiss = async (): Promise<void> => {
    navigate({ name: 'connections' })
    // A sign-in that is already gone counts as dismissed.
    await host.call('flows.dismiss', { id: flow.id })
  }
  return (
    <Button look="ghost" onClick={() => void dismiss()}>
      {text.signIn.failed.dismiss}
    </Button>
  )
}
