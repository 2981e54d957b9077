import { Code, FlaskConical } from 'lucide-react'
import type { ProviderSpec } from '../../../shared/contract/provider-spec.ts'
import { Button, buttonClasses } from '../../components/input/button.tsx'
import { Callout } from '../../components/feedback/callout.tsx'
import { ScopeList } from '../../components/display/facts.tsx'
import { hrefOf } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { useConnectionDialogs } from '../connections/dialog-context.ts'
import { offlineScope } from '../../../shared/domain/scopes.ts'
import { withLocalTimes } from '../../lib/format.ts'
import { useNow } from '../../lib/hooks.ts'
import { type FlowOf, useStartSignIn } from './use-start-sign-in.ts'

const words = text.signIn.done

/** The account, the granted scopes, and what to do next. */
export function SignInDone({ flow }: { flow: FlowOf<'done'> }) {
  const { connections, providers } = useSnapshot()
  const signIn = useStartSignIn()
  const now = useNow(60_000)
  const spec = providers.find(({ id }) => id === flow.providerId)?.spec
  const connection = connections.find(({ id }) => id === flow.connectionId)
  const verified = connection === undefined || connection.verifiedAt !== null
  const askAgain = {
    providerId: flow.providerId,
    connectionId: flow.connectionId,
    prompt: 'consent' as const,
    addScopes: [...flow.missingScopes, ...offlineScopes(spec, flow)],
  }
  return (
    <div className="flex flex-col gap-5">
      <div className="flex items-start gap-3.5">
        {verified && <Tick />}
        <div className="min-w-0">
          <h2 className="text-ink text-lg font-semibold tracking-tight">
            {verified ? words.title : words.titleUnverified}
          </h2>
          <p className="text-muted text-sm break-words">
            {flow.identityLabel === null ? words.account(flow.account) : words.as(flow.identityLabel)}
          </p>
          {!verified && (
            <p className="text-muted mt-1 text-sm text-pretty">{text.connections.notVerifiedLead}</p>
          )}
        </div>
      </div>
      {flow.warning !== null && (
        <Callout
          tone="wait"
          title={withLocalTimes(flow.warning, now)}
          actions={
            <Button size="sm" pending={signIn.pending} onClick={() => void signIn.start(askAgain)}>
              {words.askAgain}
            </Button>
          }
        />
      )}
      <Scopes
        flow={flow}
        meanings={spec?.scopes.meanings ?? {}}
        confirmed={connection?.scopesConfirmed ?? false}
      />
      <div className="border-line flex flex-wrap gap-2 border-t pt-4">
        <a
          href={hrefOf({ name: 'connection', id: flow.connectionId })}
          className={buttonClasses('primary', 'md')}
        >
          {words.show}
        </a>
        {connection !== undefined && <NextSteps connection={connection} />}
      </div>
    </div>
  )
}

type ScopesProps = {
  flow: FlowOf<'done'>
  meanings: Readonly<Record<string, string>>
  confirmed: boolean
}

function Scopes({ flow, meanings, confirmed }: ScopesProps) {
  return (
    <div className="grid gap-5 sm:grid-cols-2">
      <div>
        <h3 className="mb-2 text-sm font-medium">{confirmed ? words.granted : words.requested}</h3>
        {flow.grantedScopes.length === 0 ? (
          <p className="text-muted text-sm">{words.noScopes}</p>
        ) : (
          <ScopeList
            scopes={flow.grantedScopes}
            meanings={meanings}
            standing={confirmed ? 'granted' : 'unconfirmed'}
          />
        )}
      </div>
      {flow.missingScopes.length > 0 && (
        <div>
          <h3 className="mb-2 text-sm font-medium">{words.missing}</h3>
          <ScopeList scopes={flow.missingScopes} meanings={meanings} standing="missing" />
          <p className="text-muted mt-2 text-xs text-pretty">{words.missingLead}</p>
        </div>
      )}
    </div>
  )
}

/** The same request would have the same result, so the scope for a refresh token is requested too. */
function offlineScopes(
  spec: ProviderSpec | undefined,
  { grantedScopes, missingScopes }: FlowOf<'done'>,
): string[] {
  const scope = spec === undefined ? null : offlineScope(spec, [...grantedScopes, ...missingScopes])
  return scope === null ? [] : [scope]
}

function NextSteps({
  connection,
}: {
  connection: Parameters<ReturnType<typeof useConnectionDialogs>>[0]['connection']
}) {
  const open = useConnectionDialogs()
  return (
    <>
      <Button icon={<Code />} onClick={() => open({ kind: 'snippet', connection })}>
        {words.copySnippet}
      </Button>
      <Button icon={<FlaskConical />} onClick={() => open({ kind: 'test', connection })}>
        {words.testCall}
      </Button>
      <a
        href={hrefOf({ name: 'new-app', connectionId: connection.id })}
        className={buttonClasses('ghost', 'md')}
      >
        {words.makeApp}
      </a>
    </>
  )
}

function Tick() {
  return (
    <span
      aria-hidden="true"
      className="bg-ok-soft text-ok animate-pop grid size-9 shrink-0 place-items-center rounded-full"
    >
      <svg
        viewBox="0 0 24 24"
        fill="none"
        className="size-5"
        stroke="currentColor"
        strokeWidth="2.5"
        strokeLinecap="round"
        strokeLinejoin="round"
      >
        <path d="m5 12.5 4.5 4.5L19 7.5" className="animate-draw" />
      </svg>
    </span>
  )
}
