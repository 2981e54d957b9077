import { ChevronsUpDown } from 'lucide-react'
import type { ComponentProps } from 'react'
import { classes } from '../lib/class-names.ts'
import { controlClasses } from './inputs.tsx'

export type SelectOption = { value: string; label: string }

export function Select({
  options,
  className,
  ...rest
}: ComponentProps<'select'> & { options: readonly SelectOption[] }) {
  return (
    <div className={classes('keyway-select-frame relative', className)}>
      <select {...rest} className={classes('keyway-select', controlClasses, 'h-8 pr-8 max-sm:h-10')}>
        {options.map(({ value, label }) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
      <ChevronsUpDown
        aria-hidden="true"
        className="text-muted pointer-events-none absolute top-1/2 right-2.5 size-3.5 -translate-y-1/2"
      />
    </div>
  )
}
