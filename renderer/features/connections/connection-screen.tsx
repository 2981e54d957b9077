import { isolated } from '../../../shared/contract/name.ts'
import { Code, Ellipsis, FlaskConical } from 'lucide-react'
import type { ConnectionView } from '../../../shared/contract/connection.ts'
import { Badge } from '../../components/display/badge.tsx'
import { Button, IconButton } from '../../components/input/button.tsx'
import { Menu } from '../../components/layout/menu.tsx'
import { Page, PageSection } from '../../components/layout/page.tsx'
import { ProviderIcon } from '../../components/brand/provider-icon.tsx'
import { hrefOf } from '../../lib/route.ts'
import { connectionName } from '../../lib/status.ts'
import { text } from '../../lib/text.ts'
import { useNow } from '../../lib/hooks.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { ProviderHosts } from '../providers/hosts.tsx'
import { useIconOf } from '../providers/use-presets.ts'
import { NothingHere } from '../shell/nothing-here.tsx'
import { ConnectionAccess, ConnectionApps, ConnectionFacts } from './connection-facts.tsx'
import { ConnectionHealth } from './connection-health.tsx'
import { useConnectionDialogs } from './dialog-context.ts'
import { StatusBadge } from './status-badge.tsx'
import { LifeHistory } from './life-history.tsx'
import { LifePictureView } from './life-picture-view.tsx'
import { TokenRing } from './connection-row.tsx'
import { useConnectionMenu } from './use-connection-menu.tsx'

export function ConnectionScreen({ id }: { id: string }) {
  const { connections } = useSnapshot()
  const connection = connections.find((each) => each.id === id)
  if (connection === undefined) return <NothingHere title={text.connections.gone} />
  return <Details connection={connection} />
}

function Details({ connection }: { connection: ConnectionView }) {
  const icon = useIconOf(connection.providerSlug, connection.providerId)
  const provider = useSnapshot().providers.find(({ id }) => id === connection.providerId)
  const words = text.connections.detail
  const now = useNow(15_000)
  return (
    <Page
      title={connection.account}
      subtitle={
        <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span>
            {isolated(connection.providerName)}
            {connection.identity.label !== null &&
              connection.identity.label !== connection.account &&
              ` · ${isolated(connection.identity.label)}`}
          </span>
          <StatusBadge connection={connection} now={now} />
          {connection.isDefault && <Badge>{text.connections.default}</Badge>}
        </span>
      }
      lead={<ProviderIcon icon={icon} name={connection.providerName} size="lg" />}
      back={{ href: hrefOf({ name: 'connections' }), label: words.back }}
      actions={<Actions connection={connection} />}
    >
      <ConnectionHealth connection={connection} />
      <PageSection title={words.life} hint={words.lifeHint}>
        <LifePictureView connection={connection} />
      </PageSection>
      <PageSection title={words.access}>
        <ConnectionAccess connection={connection} />
      </PageSection>
      {provider !== undefined && (
        <PageSection title={text.providers.hosts.title}>
          <ProviderHosts provider={provider} />
        </PageSection>
      )}
      <PageSection title={words.usedBy}>
        <ConnectionApps connection={connection} />
      </PageSection>
      <PageSection title={words.facts}>
        <ConnectionFacts connection={connection} />
      </PageSection>
      <PageSection
        title={words.history}
        actions={
          <a
            href={hrefOf({ name: 'activity', filter: { connectionId: connection.id } })}
            className="text-accent text-xs font-medium hover:underline"
          >
            {words.activity}
          </a>
        }
      >
        <LifeHistory life={connection.life} />
      </PageSection>
    </Page>
  )
}

function Actions({ connection }: { connection: ConnectionView }) {
  const open = useConnectionDialogs()
  const items = useConnectionMenu(connection)
  return (
    <>
      <TokenRing connection={connection} />
      <Button icon={<Code />} onClick={() => open({ kind: 'snippet', connection })}>
        {text.connections.copySnippet}
      </Button>
      <Button icon={<FlaskConical />} onClick={() => open({ kind: 'test', connection })}>
        {text.connections.testCall}
      </Button>
      <Menu
        items={items.slice(2)}
        trigger={
          <IconButton
            label={text.common.moreActions(connectionName(connection))}
            icon={<Ellipsis aria-hidden="true" />}
            className="border-line-strong size-8 border"
          />
        }
      />
    </>
  )
}
