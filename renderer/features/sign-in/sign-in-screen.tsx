import type { Flow } from '../../../shared/contract/flow.ts'
import { Page } from '../../components/layout/page.tsx'
import { ProviderIcon } from '../../components/brand/provider-icon.tsx'
import { hrefOf } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { countdown } from '../../lib/format.ts'
import { useNow } from '../../lib/hooks.ts'
import { useSnapshot, useWindow } from '../../stores/window-context.tsx'
import { useIconOf } from '../providers/use-presets.ts'
import { NothingHere } from '../shell/nothing-here.tsx'
import { CancelSignIn, ChooseResource } from './sign-in-questions.tsx'
import { ConfirmAccount } from './confirm-account.tsx'
import { isSignInOpen } from './use-start-sign-in.ts'
import { ShowingCode } from './showing-code.tsx'
import { SignInDone } from './sign-in-done.tsx'
import { Cancelled, Exchanging, SignInFailed } from './sign-in-ended.tsx'
import { WaitingForBrowser } from './waiting-for-browser.tsx'

const words = text.signIn

/** A running sign-in. Keyway holds its state, so a reload shows it again. */
export function SignInScreen({ flowId }: { flowId: string }) {
  const { flows } = useSnapshot()
  const flow = flows.find(({ id }) => id === flowId)
  if (flow === undefined) return <NothingHere title={words.gone} />
  return <Running flow={flow} />
}

function Running({ flow }: { flow: Flow }) {
  const icon = useIconOf(flow.providerSlug, flow.providerId)
  const { connections } = useSnapshot()
  const renewed = connections.find(({ id }) => id === flow.connectionId)
  return (
    <Page
      title={words.title(flow.providerName)}
      subtitle={renewed !== undefined && isSignInOpen(flow) ? words.reconnecting(renewed.account) : undefined}
      lead={<ProviderIcon icon={icon} name={flow.providerName} size="lg" />}
      back={{ href: hrefOf({ name: 'connections' }), label: words.back }}
      width="narrow"
    >
      <div className="border-line bg-surface shadow-card rounded-xl border p-6 max-sm:p-4" aria-live="polite">
        <Stage flow={flow} />
      </div>
      {isSignInOpen(flow) && <Foot flow={flow} />}
    </Page>
  )
}

function Stage({ flow }: { flow: Flow }) {
  switch (flow.kind) {
    case 'waiting_for_browser':
      return <WaitingForBrowser flow={flow} />
    case 'showing_code':
      return <ShowingCode flow={flow} />
    case 'exchanging':
      return <Exchanging />
    case 'choosing_resource':
      return <ChooseResource flow={flow} />
    case 'confirming_account':
      return <ConfirmAccount flow={flow} />
    case 'done':
      return <SignInDone flow={flow} />
    case 'failed':
      return <SignInFailed flow={flow} />
    default:
      return <Cancelled flow={flow} />
  }
}

function Foot({ flow }: { flow: Flow }) {
  const now = useNow(1000)
  const gone = useWindow(({ link }) => link === 'offline')
  if (gone) return null
  return (
    <div className="mt-3 flex items-center justify-between gap-4 px-1">
      <p className="text-faint text-xs tabular-nums">{words.timeLeft(countdown(flow.expiresAt - now))}</p>
      <CancelSignIn flow={flow} />
    </div>
  )
}
