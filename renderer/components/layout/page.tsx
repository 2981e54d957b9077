import { ChevronLeft, ChevronRight } from 'lucide-react'
import { Collapsible } from 'radix-ui'
import { type ReactNode, useId, useState } from 'react'
import { isolated } from '../../../shared/contract/name.ts'
import { classes } from '../../lib/format.ts'
import { usePageTitle } from '../../lib/window-title.ts'

type PageProps = {
  title: string
  /** Next to the title, such as an icon. */
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
    <div className="mx-auto w-full max-w-6xl px-8 pt-6 pb-16 max-md:px-5 max-sm:px-4 max-sm:pt-4">
      {/* Every screen starts at the same left edge, whatever its width. */}
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

type SectionProps = {
  title: string
  hint?: ReactNode
  actions?: ReactNode
  children: ReactNode
  className?: string
}

export function PageSection({ title, hint, actions, children, className }: SectionProps) {
  const id = useId()
  return (
    <section aria-labelledby={id} className={classes('mt-8 first:mt-0', className)}>
      <div className="mb-2.5 flex flex-wrap items-end justify-between gap-x-4 gap-y-1.5">
        <div className="min-w-0">
          <h2 id={id} className="text-ink text-base font-semibold tracking-[-0.012em]">
            {title}
          </h2>
          {hint !== undefined && <div className="text-muted text-xs text-pretty">{hint}</div>}
        </div>
        {actions}
      </div>
      {children}
    </section>
  )
}

/** A bordered container for rows or a form. */
export function Card({ children, className }: { children: ReactNode; className?: string }) {
  return (
    <div className={classes('border-line bg-surface shadow-card min-w-0 rounded-lg border', className)}>
      {children}
    </div>
  )
}

/** Rows in a card, divided by hairlines. */
export function Rows({ children, className }: { children: ReactNode; className?: string }) {
  return <Card className={classes('divide-line divide-y [&>*]:px-4 [&>*]:py-3', className)}>{children}</Card>
}

type DisclosureProps = { label: string; hint?: ReactNode; openAtFirst?: boolean; children: ReactNode }

/**
 * Optional content; `openAtFirst` sets whether it starts open. The content stays mounted, so that typed input
 * is kept when it closes.
 */
export function Disclosure({ label, hint, openAtFirst = false, children }: DisclosureProps) {
  const [chosen, setOpen] = useState<boolean | null>(null)
  const open = chosen ?? openAtFirst
  return (
    <Collapsible.Root open={open} onOpenChange={setOpen}>
      <Collapsible.Trigger className="group text-ink flex w-full items-center gap-1.5 rounded-md py-1 text-left text-sm font-medium">
        <ChevronRight
          aria-hidden="true"
          className="text-muted size-4 shrink-0 transition-transform duration-150 group-data-[state=open]:rotate-90"
        />
        {label}
        {hint !== undefined && <span className="text-faint ml-1 text-xs font-normal">{hint}</span>}
      </Collapsible.Trigger>
      <Collapsible.Content forceMount hidden={!open} className="data-[state=open]:animate-fade pt-3">
        {children}
      </Collapsible.Content>
    </Collapsible.Root>
  )
}
