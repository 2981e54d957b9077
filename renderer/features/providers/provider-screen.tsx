import { CopyPlus, Ellipsis, KeyRound, Plug, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { ProviderView } from '../../../shared/contract/provider.ts'
import { ProviderIcon } from '../../components/brand/provider-icon.tsx'
import { Button, IconButton } from '../../components/input/button.tsx'
import { Menu } from '../../components/layout/menu.tsx'
import { Page } from '../../components/layout/page.tsx'
import { classes } from '../../lib/format.ts'
import { hrefOf, type ProviderTab, providerTabs } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { NothingHere } from '../shell/nothing-here.tsx'
import { OtherWaysDialog } from '../sign-in/other-ways-dialog.tsx'
import { useStartSignIn } from '../sign-in/use-start-sign-in.ts'
import { DeleteProvider } from './delete-provider.tsx'
import { DuplicateProvider } from './duplicate-provider.tsx'
import { EditProvider } from './edit-provider.tsx'
import { ProviderCheck } from './provider-check.tsx'
import { ProviderExport } from './provider-export.tsx'
import { ProviderOverview } from './provider-overview.tsx'
import { usePresetOf } from './use-presets.ts'

const words = text.providers
type Asking = 'delete' | 'duplicate' | 'ways'

type ProviderScreenProps = { id: string; tab: ProviderTab; field?: string | undefined }

export function ProviderScreen({ id, tab, field }: ProviderScreenProps) {
  const { providers } = useSnapshot()
  const provider = providers.find((each) => each.id === id)
  if (provider === undefined) return <NothingHere title={words.gone} />
  return <Details provider={provider} tab={tab} field={field} />
}

type DetailsProps = { provider: ProviderView; tab: ProviderTab; field: string | undefined }

function Details({ provider, tab, field }: DetailsProps) {
  const preset = usePresetOf(provider.preset)
  const signIn = useStartSignIn()
  const [asking, setAsking] = useState<Asking | null>(null)
  return (
    <Page
      title={provider.name}
      subtitle={<code className="text-xs">{provider.slug}</code>}
      lead={<ProviderIcon icon={preset?.icon ?? null} name={provider.name} size="lg" />}
      back={{ href: hrefOf({ name: 'providers' }), label: words.back }}
      actions={
        <>
          <Button
            look="primary"
            icon={<Plug />}
            pending={signIn.pending}
            onClick={() => void signIn.start({ providerId: provider.id })}
          >
            {provider.connectionCount === 0 ? words.connect : words.another}
          </Button>
          <FurtherActions provider={provider} onAsk={setAsking} />
        </>
      }
    >
      <TabLinks id={provider.id} tab={tab} />
      {tab === 'overview' && <ProviderOverview provider={provider} preset={preset} />}
      {tab === 'edit' && <EditProvider provider={provider} field={field} />}
      {tab === 'check' && <ProviderCheck provider={provider} />}
      {tab === 'export' && <ProviderExport provider={provider} />}
      {asking !== null && <Asked asking={asking} provider={provider} onClose={() => setAsking(null)} />}
    </Page>
  )
}

type FurtherActionsProps = { provider: ProviderView; onAsk: (asking: Asking) => void }

function FurtherActions({ provider, onAsk }: FurtherActionsProps) {
  return (
    <Menu
      items={[
        {
          kind: 'item',
          label: text.signIn.ways.action,
          icon: <KeyRound />,
          onSelect: () => onAsk('ways'),
        },
        {
          kind: 'item',
          label: words.duplicate,
          icon: <CopyPlus />,
          onSelect: () => onAsk('duplicate'),
        },
        { kind: 'divider', key: 'first' },
        {
          kind: 'item',
          label: words.delete,
          icon: <Trash2 />,
          danger: true,
          onSelect: () => onAsk('delete'),
        },
      ]}
      trigger={
        <IconButton
          label={text.common.moreActions(provider.name)}
          icon={<Ellipsis aria-hidden="true" />}
          className="border-line-strong size-8 border"
        />
      }
    />
  )
}

type AskedProps = { asking: Asking; provider: ProviderView; onClose: () => void }

function Asked({ asking, provider, onClose }: AskedProps) {
  switch (asking) {
    case 'delete':
      return <DeleteProvider provider={provider} onClose={onClose} />
    case 'duplicate':
      return <DuplicateProvider provider={provider} onClose={onClose} />
    default:
      return <OtherWaysDialog provider={provider} connection={null} onClose={onClose} />
  }
}

/** Tabs with URLs of their own: links, so that going back and reloading work. */
function TabLinks({ id, tab }: { id: string; tab: ProviderTab }) {
  return (
    <nav
      aria-label={words.sections}
      className="border-line mb-6 flex gap-1 overflow-x-auto overflow-y-hidden border-b"
    >
      {providerTabs.map((each) => (
        <a
          key={each}
          href={hrefOf({ name: 'provider', id, tab: each })}
          aria-current={each === tab ? 'page' : undefined}
          className={classes(
            '-mb-px flex h-9 items-center border-b-2 px-2.5 text-sm font-medium transition-colors outline-offset-[-2px]',
            each === tab ? 'border-accent text-ink' : 'text-muted hover:text-ink border-transparent',
          )}
        >
          {words.tabs[each]}
        </a>
      ))}
    </nav>
  )
}
