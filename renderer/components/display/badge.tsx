import type { ReactNode } from 'react'
import { classes } from '../../lib/format.ts'

export type BadgeTone = 'neutral' | 'ok' | 'wait' | 'bad' | 'setup' | 'accent'

const tones: Record<BadgeTone, string> = {
  neutral: 'bg-active text-muted',
  ok: 'bg-ok-soft text-ok',
  wait: 'bg-wait-soft text-wait',
  bad: 'bg-bad-soft text-bad',
  setup: 'bg-setup-soft text-setup',
  accent: 'bg-accent-soft text-accent',
}

export function Badge({
  tone = 'neutral',
  icon,
  children,
}: {
  tone?: BadgeTone
  icon?: ReactNode
  children: ReactNode
}) {
  return (
    <span
      className={classes(
        'inline-flex h-5 shrink-0 items-center gap-1 rounded-full px-2 text-2xs font-medium whitespace-nowrap [&>svg]:size-3',
        tones[tone],
      )}
    >
      {icon}
      {children}
    </span>
  )
}
