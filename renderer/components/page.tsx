import { ChevronLeft } from 'lucide-react'
import type { ReactNode } from 'react'
import { isolated } from '../../shared/contract/name.ts'
import { usePageTitle } from '../lib/window-title.ts'

type PageProps = {
  title: string
  /** Beside the title, such as an icon. */
  lead?: ReactNode
  subtitle?: ReactNode
  back?: { href: string; label: string }
  actions?: ReactNode
  width?: 'narrow' | 'normal' | 'wide'
  children: ReactNode
}

const widths = { narrow: 'max-w-2xl', normal: 'max-w-3xl', wide: 'max-w-none' }

/** A screen: its title is the one h1 and takes the focus when the route changes. */
export function Page({ title, lead, subtitle, back, actions, width = 'normal', children }: PageProps) {
  const name = isolated(title)
  usePageTitle(name)
  return (
    <div className="mx-auto w-full max-w-5xl px-8 pt-8 pb-16 max-md:px-5 max-sm:px-4 max-sm:pt-4">
      {/* Every screen begins at the same left edge, however wide it is. */}
      <div className={widths[width]}>
        {back !== undefined && (
          <a
            href={back.href}
            className="text-muted hover:text-ink mb-3 -ml-1 inline-flex h-7 items-center gap-0.5 rounded-md pr-1.5 text-xs font-medium transition-colors"
          >
            <ChevronLeft aria-hidden="true" className="size-4" />
            {isolated(back.label)}
          </a>
        )}
        <header className="mb-6 flex flex-wrap items-start gap-x-4 gap-y-3 max-sm:mb-4">
          {lead}
          <div className="min-w-0 flex-1 basis-48">
            <h1
              tabIndex={-1}
              data-page-title=""
              className="text-ink text-xl font-semibold tracking-[-0.018em] break-words outline-none"
            >
              {name}
            </h1>
            {subtitle !== undefined && <div className="text-muted text-sm text-pretty">{subtitle}</div>}
          </div>
          {actions !== undefined && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
        </header>
        {children}
      </div>
    </div>
  )
}
