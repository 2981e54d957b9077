import { CircleAlert, CircleCheck, Info, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { z } from 'zod'
import { type ErrorBody, nextStepFor } from '../../../shared/contract/errors.ts'
import { classes } from '../../lib/format.ts'
import { text } from '../../lib/text.ts'

export type Tone = 'info' | 'ok' | 'wait' | 'bad' | 'setup'

const looks: Record<Tone, string> = {
  info: 'bg-accent-soft [&>svg]:text-accent',
  ok: 'bg-ok-soft [&>svg]:text-ok',
  wait: 'bg-wait-soft [&>svg]:text-wait',
  bad: 'bg-bad-soft [&>svg]:text-bad',
  setup: 'bg-setup-soft [&>svg]:text-setup',
}
const icons = { info: Info, ok: CircleCheck, wait: TriangleAlert, bad: CircleAlert, setup: TriangleAlert }

type CalloutProps = {
  tone: Tone
  title: string
  children?: ReactNode
  actions?: ReactNode
  /** Announced by screen readers when it appears. */
  live?: 'polite' | 'assertive' | 'off'
}

/** A message in place: the situation and what to do about it. */
export function Callout({ tone, title, children, actions, live = 'off' }: CalloutProps) {
  const Icon = icons[tone]
  return (
    <div
      role={live === 'assertive' ? 'alert' : live === 'polite' ? 'status' : undefined}
      className={classes('animate-fade flex items-start gap-3 rounded-lg px-3.5 py-3', looks[tone])}
    >
      <Icon aria-hidden="true" className="mt-0.5 size-4 shrink-0" />
      <div className="min-w-0 flex-1">
        <p className="text-ink text-sm font-medium break-words">{title}</p>
        {children !== undefined && (
          <div className="text-muted text-sm text-pretty break-words">{children}</div>
        )}
        {actions !== undefined && <div className="mt-2.5 flex flex-wrap gap-2">{actions}</div>}
      </div>
    </div>
  )
}

const named = z.array(z.object({ field: z.string(), message: z.string() }))

/**
 * The message names the first invalid field; the others are listed, so that they do not appear one try at a
 * time.
 */
function Further({ failure }: { failure: ErrorBody }) {
  const issues = named.safeParse(failure['issues'] ?? failure['details']).data ?? []
  if (issues.length < 2) return null
  return (
    <ul className="mb-1 flex list-disc flex-col gap-0.5 pl-4">
      {issues.slice(1).map(({ field, message }) => (
        <li key={`${field}:${message}`}>
          <code className="text-xs">{field}</code>: {message}
        </li>
      ))}
    </ul>
  )
}

/** A failure: its sentence, its next step, and its code. */
export function Failure({ failure, actions }: { failure: ErrorBody | null; actions?: ReactNode }) {
  if (failure === null) return null
  return (
    <Callout
      tone={failure.retryable ? 'wait' : 'bad'}
      title={failure.message}
      live="assertive"
      actions={actions}
    >
      <Further failure={failure} />
      {nextStepFor('window', failure)}{' '}
      <span className="text-faint font-mono text-xs whitespace-nowrap">{text.common.code(failure.code)}</span>
    </Callout>
  )
}
