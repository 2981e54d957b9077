import { AppWindow, Globe, ShieldCheck } from 'lucide-react'
import type { ReactNode } from 'react'
import { toast } from 'sonner'
import type { AppView } from '../../../shared/contract/app.ts'
import type { ProviderView } from '../../../shared/contract/provider.ts'
import { isolated } from '../../../shared/contract/name.ts'
import { Button } from '../../components/input/button.tsx'
import { Callout, Failure } from '../../components/feedback/callout.tsx'
import { Card, Page, Rows, PageSection } from '../../components/layout/page.tsx'
import { credentialHosts } from '../../lib/credential-hosts.ts'
import { hrefOf } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { FindingCard } from './finding-card.tsx'

const words = text.integrity

/** Changes that were made outside Keyway, and the one-time review of what an earlier version left. */
export function IntegrityScreen() {
  const { integrity } = useSnapshot()
  const { findings, state, noticesOlderFolder } = integrity
  return (
    <Page title={words.title} subtitle={words.subtitle}>
      {findings.length > 0 && (
        <PageSection title={words.foundTitle} hint={words.foundLead}>
          <div className="flex flex-col gap-3">
            {findings.map((finding) => (
              <FindingCard key={finding.id} finding={finding} />
            ))}
          </div>
        </PageSection>
      )}
      {findings.length === 0 && state !== 'to_confirm' && (
        <Callout tone={state === 'signed' ? 'ok' : 'info'} title={words.wholeTitle}>
          {state === 'signed' ? words.wholeLead : words.lockedLead}
        </Callout>
      )}
      {state === 'to_confirm' && <CheckAndConfirm />}
      <PageSection title={words.olderTitle}>
        <Card className="text-muted px-4 py-3 text-sm text-pretty">
          {noticesOlderFolder ? words.olderNoticed : words.olderNotNoticed}
        </Card>
      </PageSection>
    </Page>
  )
}

function CheckAndConfirm() {
  const { providers, apps } = useSnapshot()
  const confirm = useCall('integrity.confirm', 'told')
  const run = async (): Promise<void> => {
    if ((await confirm.run(undefined)) !== null) toast.success(words.confirmed)
  }
  return (
    <PageSection
      title={words.checkTitle}
      hint={words.checkLead}
      actions={
        <Button look="primary" icon={<ShieldCheck />} pending={confirm.pending} onClick={() => void run()}>
          {words.confirm}
        </Button>
      }
    >
      <Failure failure={confirm.failure} />
      <Known title={words.hosts} none={words.noHosts} icon={<Globe />}>
        {providers.map((provider) => (
          <ProviderRow key={provider.id} provider={provider} />
        ))}
      </Known>
      <Known title={words.apps} none={words.noApps} icon={<AppWindow />}>
        {apps.map((app) => (
          <AppRow key={app.id} app={app} />
        ))}
      </Known>
    </PageSection>
  )
}

type KnownProps = { title: string; none: string; icon: ReactNode; children: readonly ReactNode[] }

function Known({ title, none, icon, children }: KnownProps) {
  return (
    <div className="mt-4">
      <h3 className="text-muted mb-1.5 flex items-center gap-1.5 text-xs font-medium [&_svg]:size-3.5">
        <span aria-hidden="true">{icon}</span>
        {title}
      </h3>
      {children.length === 0 ? (
        <Card className="text-muted px-4 py-3 text-sm">{none}</Card>
      ) : (
        <Rows>{children}</Rows>
      )}
    </div>
  )
}

function ProviderRow({ provider }: { provider: ProviderView }) {
  const hosts = credentialHosts(provider)
  return (
    <div className="flex flex-wrap items-baseline justify-between gap-x-6 gap-y-1">
      <a
        href={hrefOf({ name: 'provider', id: provider.id, tab: 'overview' })}
        className="text-accent text-sm font-medium break-words hover:underline"
      >
        {isolated(provider.name)}
      </a>
      <p className="text-ink text-right text-sm break-all max-sm:text-left">
        {hosts.length === 0 ? <span className="text-muted">{words.noHosts}</span> : hosts.join(', ')}
      </p>
    </div>
  )
}

function AppRow({ app }: { app: AppView }) {
  const facts = [
    words.permissions(app.grants.length),
    words.appKeys(app.keys.length),
    ...(app.manage ? [words.mayManage] : []),
    ...(app.approve ? [words.mayApprove] : []),
    ...(app.paused ? [words.paused] : []),
  ]
  return (
    <div className="flex flex-wrap items-baseline justify-between gap-x-6 gap-y-1">
      <a
        href={hrefOf({ name: 'app', id: app.id })}
        className="text-accent text-sm font-medium break-words hover:underline"
      >
        {isolated(app.name)}
      </a>
      <p className="text-ink text-right text-sm max-sm:text-left">{facts.join(' · ')}</p>
    </div>
  )
}
