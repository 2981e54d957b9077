import { Check } from 'lucide-react'
import { Checkbox as Radix } from 'radix-ui'
import { type ReactNode, useId } from 'react'

type CheckboxProps = {
  label: ReactNode
  hint?: ReactNode
  checked: boolean
  disabled?: boolean
  onChange: (checked: boolean) => void
}

export function Checkbox({ label, hint, checked, disabled = false, onChange }: CheckboxProps) {
  const id = useId()
  return (
    <div className="flex items-start gap-2.5">
      <Radix.Root
        id={id}
        checked={checked}
        disabled={disabled}
        onCheckedChange={(next) => onChange(next === true)}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        className="border-field-line data-[state=checked]:bg-accent-fill data-[state=checked]:border-accent-fill bg-surface mt-0.5 grid size-4 shrink-0 place-items-center rounded-sm border text-white transition-colors duration-120 disabled:opacity-50"
      >
        <Radix.Indicator>
          <Check aria-hidden="true" className="size-3" strokeWidth={3} />
        </Radix.Indicator>
      </Radix.Root>
      <div className="min-w-0">
        <label htmlFor={id} className="text-ink text-sm">
          {label}
        </label>
        {hint !== undefined && (
          <p id={`${id}-hint`} className="text-muted text-xs text-pretty">
            {hint}
          </p>
        )}
      </div>
    </div>
  )
}
