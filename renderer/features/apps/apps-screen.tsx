import { isolated } from '../../../shared/contract/name.ts'
import { ChevronRight, Plus, SquareTerminal } from 'lucide-react'
import type { AppView } from '../../../shared/contract/app.ts'
import { Badge } from '../../components/display/badge.tsx'
import { buttonClasses } from '../../components/input/button.tsx'
import { EmptyState } from '../../components/feedback/waiting.tsx'
import { Card, Page } from '../../components/layout/page.tsx'
import { Initials } from '../../components/brand/logo.tsx'
import { hrefOf } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { relative } from '../../lib/format.ts'
import { useNow } from '../../lib/hooks.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { grantSentence } from './grants.ts'

export function AppsScreen() {
  const { apps } = useSnapshot()
  const add = (
    <a href={hrefOf({ name: 'new-app' })} className={buttonClasses('primary', 'md')}>
      <Plus aria-hidden="true" className="-ml-0.5 size-4" />
      {text.apps.add}
    </a>
  )
  if (apps.length === 0) {
    return (
      <Page title={text.apps.title}>
        <EmptyState icon={<SquareTerminal />} title={text.apps.emptyTitle} actions={add}>
          {text.apps.emptyLead}
        </EmptyState>
      </Page>
    )
  }
  return (
    <Page title={text.apps.title} subtitle={text.apps.subtitle} actions={add}>
      <Card>
        <ul aria-label={text.apps.list} className="divide-line divide-y">
          {apps.map((app) => (
            <AppRow key={app.id} app={app} />
          ))}
        </ul>
      </Card>
    </Page>
  )
}

function AppRow({ app }: { app: AppView }) {
  const snapshot = useSnapshot()
  const now = useNow(15_000)
  const [first, ...others] = app.grants
  const may =
    first === undefined
      ? text.apps.fields.noGrants
      : `${grantSentence(first, snapshot, now)}${others.length === 0 ? '' : ` ${text.common.andMore(others.length)}`}`
  return (
    <li className="hover:bg-hover relative flex items-center gap-3 px-4 py-3 transition-colors first:rounded-t-lg last:rounded-b-lg max-sm:px-3">
      <Initials name={app.name} className="grid size-8 shrink-0 place-items-center rounded-md text-xs" />
      <div className="min-w-0 flex-1">
        <div className="flex items-center gap-2">
          <a
            href={hrefOf({ name: 'app', id: app.id })}
            className="text-ink truncate text-sm font-medium after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:rounded-lg focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
          >
            {isolated(app.name)}
          </a>
          {app.paused && <Badge tone="wait">{text.apps.paused}</Badge>}
          {app.missing.length > 0 && <Badge tone="bad">{text.apps.missingNeeds(app.missing.length)}</Badge>}
        </div>
        <p className="text-muted text-xs text-pretty sm:truncate">{may}</p>
      </div>
      <span className="text-faint shrink-0 text-xs max-sm:hidden">
        {app.lastUsedAt === null ? text.apps.neverUsed : text.apps.lastUsed(relative(app.lastUsedAt, now))}
      </span>
      <ChevronRight aria-hidden="true" className="text-faint size-4 shrink-0" />
    </li>
  )
}
