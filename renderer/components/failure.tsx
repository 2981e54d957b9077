import type { ReactNode } from 'react'
import { z } from 'zod'
import { nextStepFor, type ErrorBody } from '../../shared/contract/errors.ts'
import { text } from '../lib/text.ts'
import { Callout } from './callout.tsx'

const named = z.array(z.object({ field: z.string(), message: z.string() }))

/** The first bad field stands in the sentence; the others must not come out one try at a time. */
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

/** A failure as it came: its sentence, its next step, and its code for whoever looks it up. */
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
