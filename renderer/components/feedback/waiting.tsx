import type { ReactNode } from 'react'
import { text } from '../../lib/text.ts'
import { Button } from '../input/button.tsx'

type StopWaitingProps = { call: { slow: boolean; leave(): void }; size?: 'sm' | 'md' }

/** Offers to stop waiting for anything that takes over a second. */
export function StopWaiting({ call, size = 'md' }: StopWaitingProps) {
  if (!call.slow) return null
  return (
    <Button size={size} onClick={call.leave}>
      {text.common.stopWaiting}
    </Button>
  )
}

type EmptyStateProps = { icon: ReactNode; title: string; children?: ReactNode; actions?: ReactNode }

/** An empty list: what it would contain, and how to begin. */
export function EmptyState({ icon, title, children, actions }: EmptyStateProps) {
  return (
    <div className="animate-rise mx-auto flex max-w-md flex-col items-center px-4 py-16 text-center max-sm:py-10">
      <div
        aria-hidden="true"
        className="border-line text-muted bg-surface shadow-card mb-4 grid size-12 place-items-center rounded-xl border [&>svg]:size-5.5"
      >
        {icon}
      </div>
      <h2 className="text-ink text-lg font-semibold tracking-tight text-balance">{title}</h2>
      {children !== undefined && <div className="text-muted mt-1 text-sm text-pretty">{children}</div>}
      {actions !== undefined && <div className="mt-5 flex flex-wrap justify-center gap-2">{actions}</div>}
    </div>
  )
}
