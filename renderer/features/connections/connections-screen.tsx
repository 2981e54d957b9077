import { Boxes, Plug, Plus, Rows3, Search } from 'lucide-react'
import { useDeferredValue, useState } from 'react'
import { Button, buttonClasses, IconButton } from '../../components/input/button.tsx'
import { EmptyState } from '../../components/feedback/waiting.tsx'
import { TextInput } from '../../components/input/inputs.tsx'
import { Page, PageSection } from '../../components/layout/page.tsx'
import { hrefOf } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { useNow } from '../../lib/hooks.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import {
  ConnectionList,
  groupConnections,
  type Grouping,
  matching,
  ReadyProviders,
  useGrouping,
} from './connection-list.tsx'

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
  const [grouping, setGrouping] = useGrouping()
  const sought = useDeferredValue(query)
  const now = useNow(15_000)
  const found = matching(connections, sought)
  return (
    <Page
      title={text.connections.title}
      width="wide"
      actions={
        <>
          {(connections.length >= FILTER_FROM || query !== '') && (
            <>
              <Filter query={query} onChange={setQuery} />
              <GroupingButton grouping={grouping} onChange={setGrouping} />
            </>
          )}
          <a href={hrefOf({ name: 'add', query: '' })} className={buttonClasses('primary', 'md')}>
            <Plus aria-hidden="true" className="-ml-0.5 size-4" />
            {text.connections.add}
          </a>
        </>
      }
    >
      {found.length === 0 ? (
        <EmptyState
          icon={<Search />}
          title={text.connections.nothingMatches(sought)}
          actions={<Button onClick={() => setQuery('')}>{text.connections.clearFilter}</Button>}
        />
      ) : (
        <ConnectionList groups={groupConnections(found, now, grouping)} now={now} />
      )}
      {ready.length > 0 && query === '' && (
        <PageSection title={text.connections.ready} className="mt-6!">
          <ReadyProviders providers={ready} />
        </PageSection>
      )}
    </Page>
  )
}

function Filter({ query, onChange }: { query: string; onChange: (query: string) => void }) {
  return (
    <div role="search" className="relative w-64 max-sm:order-last max-sm:w-full">
      <Search
        aria-hidden="true"
        className="text-faint pointer-events-none absolute top-1/2 left-2.5 size-3.5 -translate-y-1/2"
      />
      <TextInput
        type="search"
        aria-label={text.connections.filter}
        placeholder={text.connections.filter}
        value={query}
        onChange={(event) => onChange(event.target.value)}
        className="pl-8"
      />
    </div>
  )
}

function GroupingButton({
  grouping,
  onChange,
}: {
  grouping: Grouping
  onChange: (grouping: Grouping) => void
}) {
  const words = text.connections.groupBy
  const other = grouping === 'status' ? 'provider' : 'status'
  return (
    <IconButton
      label={words[other]}
      icon={grouping === 'status' ? <Rows3 aria-hidden="true" /> : <Boxes aria-hidden="true" />}
      onClick={() => onChange(other)}
    />
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
