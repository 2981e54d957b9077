import { useId, type ReactNode } from 'react'
import { classes } from '../lib/class-names.ts'

type SectionProps = {
  title: string
  hint?: ReactNode
  actions?: ReactNode
  children: ReactNode
  className?: string
}

export function Section({ title, hint, actions, children, className }: SectionProps) {
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

/** A bordered ground for rows or a form. */
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
