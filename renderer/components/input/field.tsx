import { CircleAlert } from 'lucide-react'
import { type ReactNode, useId } from 'react'
import { text } from '../../lib/text.ts'

export type FieldIds = {
  id: string
  'aria-describedby': string | undefined
  'aria-invalid': true | undefined
  'aria-required': true | undefined
}

type FieldProps = {
  label: string
  hint?: ReactNode
  error?: string | undefined
  optional?: boolean
  required?: boolean
  /** The error appears with a response and not while typing, so it is announced. */
  announced?: boolean
  /** Shown at the label's right, such as a mark "unsure". */
  aside?: ReactNode
  children: (ids: FieldIds) => ReactNode
}

/** A label, a control, a hint and an error, connected for assistive technology. */
export function Field({
  label,
  hint,
  error,
  optional = false,
  required = false,
  announced = false,
  aside,
  children,
}: FieldProps) {
  const id = useId()
  const hintId = `${id}-hint`
  const errorId = `${id}-error`
  const described = [error === undefined ? null : errorId, hint === undefined ? null : hintId].filter(Boolean)
  return (
    <div className="flex min-w-0 flex-col gap-1.5">
      <div className="flex items-baseline gap-2">
        <label htmlFor={id} className="text-ink text-sm font-medium">
          {label}
        </label>
        {optional && <span className="text-faint text-xs">{text.common.optional}</span>}
        {aside !== undefined && <span className="ml-auto">{aside}</span>}
      </div>
      {children({
        id,
        'aria-describedby': described.length === 0 ? undefined : described.join(' '),
        'aria-invalid': error === undefined ? undefined : true,
        'aria-required': required ? true : undefined,
      })}
      {error !== undefined && (
        <p
          id={errorId}
          role={announced ? 'alert' : undefined}
          className="text-bad animate-fade flex items-start gap-1.5 text-xs"
        >
          <CircleAlert aria-hidden="true" className="mt-px size-3.5 shrink-0" />
          <span className="min-w-0 break-words">{error}</span>
        </p>
      )}
      {hint !== undefined && (
        <div id={hintId} className="text-muted text-xs text-pretty">
          {hint}
        </div>
      )}
    </div>
  )
}
