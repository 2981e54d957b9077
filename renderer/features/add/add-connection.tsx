import { isolated } from '../../../shared/contract/name.ts'
import { Command } from 'cmdk'
import { ChevronRight, Drama, FileUp, Globe, Search, SquarePen } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import type { Preset } from '../../../shared/contract/preset.ts'
import type { ProviderView } from '../../../shared/contract/provider.ts'
import { Failure } from '../../components/feedback/callout.tsx'
import { Page } from '../../components/layout/page.tsx'
import { ProviderIcon } from '../../components/brand/provider-icon.tsx'
import { Skeleton } from '../../components/feedback/spinner.tsx'
import { hrefOf } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { navigate, replaceRoute } from '../../stores/use-route.ts'
import { usePresets, useSnapshot } from '../../stores/window-context.tsx'
import { useStartSignIn } from '../sign-in/use-start-sign-in.ts'
import { looksLikeAddress, searchPresets } from './search.ts'

const words = text.add

/** One search field for registered providers, presets, a URL, or a provider of one's own. */
export function AddConnection({ query }: { query: string }) {
  const [typed, setTyped] = useState(query)
  const { presets, failure } = usePresets()
  const write = (next: string): void => {
    setTyped(next)
    replaceRoute({ name: 'add', query: next })
  }
  return (
    <Page
      title={words.title}
      subtitle={words.subtitle}
      back={{ href: hrefOf({ name: 'connections' }), label: words.back }}
    >
      <Command shouldFilter={false} loop label={words.search}>
        <div className="border-field-line bg-surface shadow-control focus-within:border-accent focus-within:outline-accent mb-5 flex items-center gap-2.5 rounded-lg border px-3 focus-within:outline-1">
          <Search aria-hidden="true" className="text-faint size-4 shrink-0" />
          <Command.Input
            autoFocus
            value={typed}
            onValueChange={write}
            placeholder={words.searchPlaceholder}
            className="text-ink h-10 min-w-0 flex-1 bg-transparent text-base outline-none max-sm:text-lg"
          />
        </div>
        <Failure failure={failure} />
        {presets === null && failure === null ? (
          <Waiting />
        ) : (
          <Results query={typed.trim()} presets={presets ?? []} />
        )}
      </Command>
    </Page>
  )
}

function Results({ query, presets }: { query: string; presets: readonly Preset[] }) {
  const { providers } = useSnapshot()
  const found = searchPresets(presets, query)
  const registered = providers.filter((provider) => mentions(provider, query))
  return (
    <Command.List
      label={words.results}
      className="outline-none **:[[cmdk-list-sizer]]:flex **:[[cmdk-list-sizer]]:flex-col **:[[cmdk-list-sizer]]:gap-5"
    >
      {looksLikeAddress(query) && (
        <Group heading={words.ownWay}>
          <ByUrl url={query} />
        </Group>
      )}
      <Registered providers={registered} />
      {found.map(({ category, presets: inside }) => (
        <Group key={category} heading={words.categories[category] ?? category} columns>
          {inside.map((preset) => (
            <Item
              key={preset.slug}
              value={`preset:${preset.slug}`}
              icon={<ProviderIcon icon={preset.icon} name={preset.name} />}
              title={preset.name}
              detail={preset.confidence === 'memory' ? words.confidenceMemory : undefined}
              onSelect={() => navigate({ name: 'register', preset: preset.slug })}
            />
          ))}
        </Group>
      ))}
      {query !== '' && found.length === 0 && registered.length === 0 && !looksLikeAddress(query) && (
        <p role="status" className="text-muted px-1 text-sm">
          {words.nothing}
        </p>
      )}
      <OwnWays query={query} />
    </Command.List>
  )
}

function Registered({ providers }: { providers: readonly ProviderView[] }) {
  const { bySlug } = usePresets()
  const signIn = useStartSignIn()
  if (providers.length === 0) return null
  return (
    <Group heading={words.registered} columns>
      {providers.map((provider) => (
        <Item
          key={provider.id}
          value={`provider:${provider.id}`}
          icon={<ProviderIcon icon={bySlug.get(provider.preset ?? '')?.icon ?? null} name={provider.name} />}
          title={isolated(provider.name)}
          detail={words.signInAgain}
          onSelect={() => void signIn.start({ providerId: provider.id })}
        />
      ))}
    </Group>
  )
}

function mentions({ name, slug }: ProviderView, query: string): boolean {
  const sought = query.toLocaleLowerCase()
  return name.toLocaleLowerCase().includes(sought) || slug.includes(sought)
}

function ByUrl({ url }: { url: string }) {
  return (
    <Item
      value="by-url"
      icon={<OwnIcon icon={<Globe />} />}
      title={url === '' ? words.byUrlEmpty : words.byUrl(url)}
      detail={words.byUrlHint}
      onSelect={() => navigate({ name: 'add-url', url })}
    />
  )
}

function Group({
  heading,
  columns = false,
  children,
}: {
  heading: string
  columns?: boolean
  children: ReactNode
}) {
  return (
    <Command.Group
      heading={heading}
      className={
        columns
          ? '**:[[cmdk-group-items]]:grid **:[[cmdk-group-items]]:gap-1.5 sm:**:[[cmdk-group-items]]:grid-cols-2 **:[[cmdk-group-heading]]:text-muted **:[[cmdk-group-heading]]:mb-1.5 **:[[cmdk-group-heading]]:px-1 **:[[cmdk-group-heading]]:text-xs **:[[cmdk-group-heading]]:font-semibold'
          : '**:[[cmdk-group-items]]:flex **:[[cmdk-group-items]]:flex-col **:[[cmdk-group-items]]:gap-1.5 **:[[cmdk-group-heading]]:text-muted **:[[cmdk-group-heading]]:mb-1.5 **:[[cmdk-group-heading]]:px-1 **:[[cmdk-group-heading]]:text-xs **:[[cmdk-group-heading]]:font-semibold'
      }
    >
      {children}
    </Command.Group>
  )
}

function OwnWays({ query }: { query: string }) {
  return (
    <Group heading={words.ownWay}>
      {!looksLikeAddress(query) && <ByUrl url="" />}
      <Item
        value="custom"
        icon={<OwnIcon icon={<SquarePen />} />}
        title={query === '' || looksLikeAddress(query) ? words.custom : words.customNamed(query)}
        detail={words.customHint}
        onSelect={() => navigate({ name: 'register', preset: null })}
      />
      <Item
        value="import"
        icon={<OwnIcon icon={<FileUp />} />}
        title={text.import.entry}
        detail={text.import.entryHint}
        onSelect={() => navigate({ name: 'import' })}
      />
      <Item
        value="rehearsal"
        icon={<OwnIcon icon={<Drama />} />}
        title={text.practice.title}
        detail={words.practiceHint}
        onSelect={() => navigate({ name: 'rehearsal' })}
      />
    </Group>
  )
}

type ItemProps = {
  value: string
  icon: ReactNode
  title: string
  detail?: string | undefined
  onSelect: () => void
}

function Item({ value, icon, title, detail, onSelect }: ItemProps) {
  return (
    <Command.Item
      value={value}
      onSelect={onSelect}
      className="border-line bg-surface shadow-card data-[selected=true]:border-accent data-[selected=true]:bg-accent-soft group flex min-w-0 items-center gap-3 rounded-lg border px-3 py-2 transition-colors duration-100"
    >
      {icon}
      <span className="min-w-0 flex-1">
        <span className="text-ink block truncate text-sm font-medium">{title}</span>
        {detail !== undefined && <span className="text-muted block truncate text-xs">{detail}</span>}
      </span>
      <ChevronRight aria-hidden="true" className="text-faint size-4 shrink-0" />
    </Command.Item>
  )
}

function OwnIcon({ icon }: { icon: ReactNode }) {
  return (
    <span
      aria-hidden="true"
      className="bg-active text-muted grid size-8 shrink-0 place-items-center rounded-md [&>svg]:size-4"
    >
      {icon}
    </span>
  )
}

function Waiting() {
  return (
    <div role="status" aria-label={text.common.loading} className="grid gap-1.5 sm:grid-cols-2">
      {Array.from({ length: 8 }, (_, index) => (
        <Skeleton key={index} className="h-12.5" />
      ))}
    </div>
  )
}
