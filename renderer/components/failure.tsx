import type { ReactNode } from 'react'
import type { ErrorBody } from '../../shared/contract/errors.ts'
import { text } from '../lib/text.ts'
import { Callout } from './callout.tsx'

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
      {failure.nextStep}{' '}
      <span className="text-faint font-mono text-xs whitespace-nowrap">{text.common.code(failure.code)}</span>
    </Callout>
  )
}
