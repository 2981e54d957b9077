import { Compass } from 'lucide-react'
import { buttonClasses } from '../../components/input/button.tsx'
import { EmptyState } from '../../components/feedback/waiting.tsx'
import { Page } from '../../components/layout/page.tsx'
import { hrefOf } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'

/** Shown for an unknown URL, or one of something that was deleted. */
export function NothingHere({ title, detail }: { title: string; detail?: string }) {
  return (
    <Page title={title}>
      <EmptyState
        icon={<Compass />}
        title={detail ?? title}
        actions={
          <a href={hrefOf({ name: 'connections' })} className={buttonClasses('primary', 'md')}>
            {text.shell.notFoundAction}
          </a>
        }
      />
    </Page>
  )
}
