import { Blocks, ChevronRight, Plus } from 'lucide-react'
import { isolated } from '../../../shared/contract/name.ts'
import type { ProviderView } from '../../../shared/contract/provider.ts'
import { ProviderIcon } from '../../components/brand/provider-icon.tsx'
import { EmptyState } from '../../components/feedback/waiting.tsx'
import { buttonClasses } from '../../components/input/button.tsx'
import { Card, Page } from '../../components/layout/page.tsx'
import { hrefOf } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { usePresetOf } from './use-presets.ts'

const words = text.providers

export function ProvidersScreen() {
  const { providers } = useSnapshot()
  const add = (
    <a href={hrefOf({ name: 'add', query: '' })} className={buttonClasses('primary', 'md')}>
      <Plus aria-hidden="true" className="-ml-0.5 size-4" />
      {words.add}
    </a>
  )
  if (providers.length === 0) {
    return (
      <Page title={words.title}>
        <EmptyState icon={<Blocks />} title={words.emptyTitle} actions={add}>
          {words.emptyLead}
        </EmptyState>
      </Page>
    )
  }
  return (
    <Page title={words.title} subtitle={words.subtitle} actions={add}>
      <Card>
        <ul aria-label={words.list} className="divide-line divide-y">
          {[...providers]
            .sort((a, b) => a.name.localeCompare(b.name))
            .map((provider) => (
              <ProviderRow key={provider.id} provider={provider} />
            ))}
        </ul>
      </Card>
    </Page>
  )
}

function ProviderRow({ provider }: { provider: ProviderView }) {
  const preset = usePresetOf(provider.preset)
  return (
    <li className="hover:bg-hover relative flex items-center gap-3 px-4 py-3 transition-colors first:rounded-t-lg last:rounded-b-lg max-sm:px-3">
      <ProviderIcon icon={preset?.icon ?? null} name={provider.name} />
      <div className="min-w-0 flex-1">
        <a
          href={hrefOf({ name: 'provider', id: provider.id, tab: 'overview' })}
          className="text-ink block truncate text-sm font-medium after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:rounded-lg focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
        >
          {isolated(provider.name)}
        </a>
        <p className="text-muted truncate text-xs">
          <code>{provider.slug}</code>
        </p>
      </div>
      <span className="text-muted shrink-0 text-xs">{words.connections(provider.connectionCount)}</span>
      <ChevronRight aria-hidden="true" className="text-faint size-4 shrink-0" />
    </li>
  )
}
