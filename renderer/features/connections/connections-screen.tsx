import { Plug, Plus, Search } from 'lucide-react'
import { useDeferredValue, useState } from 'react'
import { Button, buttonClasses } from '../../components/input/button.tsx'
import { EmptyState } from '../../components/feedback/waiting.tsx'
import { TextInput } from '../../components/input/inputs.tsx'
import { Page, PageSection } from '../../components/layout/page.tsx'
import { hrefOf } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { useNow } from '../../lib/hooks.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { ConnectionList, groupConnections, matching, ReadyProviders } from './connection-list.tsx'

/** From this number of connections on, a filter is shown. */
const FILTER_FROM = 8

export function ConnectionsScreen() {
  const { connections } = useSnapshot()
  if (connections.length === 0) return <FirstConnection />
  return <AllConnections />
}

function AllConnections() {
  const { connections, providers } = useSnapshot()
  const ready = providers.filter(({ connectionCount }) => connectionCount === 0)
  const [query, setQuery] = useState('')
  const sought = useDeferredValue(query)
  const now = useNow(15_000)
  const found = matching(connections, sought)
  return (
    <Page
      title={text.connections.title}
      subtitle={text.connections.subtitle}
      width="wide"
      actions={
        <a href={hrefOf({ name: 'add', query: '' })} className={buttonClasses('primary', 'md')}>
          <Plus aria-hidden="true" className="-ml-0.5 size-4" />
          {text.connections.add}
        </a>
      }
    >
      {(connections.length >= FILTER_FROM || query !== '') && (
        <div role="search" className="relative mb-5">
          <Search
            aria-hidden="true"
            className="text-faint pointer-events-none absolute top-1/2 left-2.5 size-3.5 -translate-y-1/2"
          />
          <TextInput
            type="search"
            aria-label={text.connections.filter}
            placeholder={text.connections.filterPlaceholder}
            value={query}
            onChange={(event) => setQuery(event.target.value)}
            className="pl-8"
          />
        </div>
      )}
      {found.length === 0 ? (
        <EmptyState
          icon={<Search />}
          title={text.connections.nothingMatches(sought)}
          actions={<Button onClick={() => setQuery('')}>{text.connections.clearFilter}</Button>}
        />
      ) : (
        <ConnectionList groups={groupConnections(found, now)} now={now} />
      )}
      {ready.length > 0 && query === '' && (
        <PageSection title={text.connections.ready} className="mt-6!">
          <ReadyProviders providers={ready} />
        </PageSection>
      )}
    </Page>
  )
}

function FirstConnection() {
  const { providers } = useSnapshot()
  return (
    <Page title={text.connections.title}>
      {providers.length > 0 && (
        <PageSection title={text.connections.ready}>
          <ReadyProviders providers={providers} />
        </PageSection>
      )}
      <EmptyState
        icon={<Plug />}
        title={text.connections.emptyTitle}
        actions={
          <>
            <a href={hrefOf({ name: 'add', query: '' })} className={buttonClasses('primary', 'md')}>
              {text.connections.emptyAction}
            </a>
            <a href={hrefOf({ name: 'rehearsal' })} className={buttonClasses('secondary', 'md')}>
              {text.connections.emptyPractice}
            </a>
          </>
        }
      >
        {text.connections.emptyLead}
      </EmptyState>
    </Page>
  )
}
