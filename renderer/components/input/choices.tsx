import { ChevronsUpDown } from 'lucide-react'
import { RadioGroup, ToggleGroup } from 'radix-ui'
import { type ComponentProps, type ReactNode, useId } from 'react'
import { classes } from '../../lib/format.ts'
import { controlClasses } from './inputs.tsx'

export type Choice<Value extends string> = {
  value: Value
  title: string
  description?: ReactNode
  disabled?: boolean
  icon?: ReactNode
}

type ChoiceCardsProps<Value extends string> = {
  label: string
  value: Value | null
  choices: readonly Choice<Value>[]
  onChange: (value: Value) => void
  columns?: 1 | 2 | 3
}

/** One of a few, each explained. */
export function ChoiceCards<Value extends string>({
  label,
  value,
  choices,
  onChange,
  columns = 1,
}: ChoiceCardsProps<Value>) {
  const id = useId()
  return (
    <RadioGroup.Root
      aria-label={label}
      value={value}
      onValueChange={(next) => onChange(next as Value)}
      className={classes('grid gap-2', columns === 2 && 'sm:grid-cols-2', columns === 3 && 'sm:grid-cols-3')}
    >
      {choices.map((choice) => (
        <RadioGroup.Item
          key={choice.value}
          value={choice.value}
          disabled={choice.disabled ?? false}
          aria-labelledby={`${id}-${choice.value}`}
          aria-describedby={choice.description === undefined ? undefined : `${id}-${choice.value}-words`}
          className="border-line-strong bg-surface hover:bg-hover data-[state=checked]:border-accent data-[state=checked]:bg-accent-soft flex items-start gap-3 rounded-lg border px-3.5 py-3 text-left transition-colors duration-120 disabled:pointer-events-none disabled:opacity-55"
        >
          <span className="border-field-line bg-surface mt-0.5 grid size-4 shrink-0 place-items-center rounded-full border">
            <RadioGroup.Indicator className="bg-accent size-2 rounded-full" />
          </span>
          <span className="min-w-0 flex-1">
            <span id={`${id}-${choice.value}`} className="text-ink block text-sm font-medium">
              {choice.title}
            </span>
            {choice.description !== undefined && (
              <span id={`${id}-${choice.value}-words`} className="text-muted block text-xs text-pretty">
                {choice.description}
              </span>
            )}
          </span>
          {choice.icon}
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
  )
}

export type SegmentOption<Value extends string> = { value: Value; label: string; icon?: ReactNode }

type SegmentedProps<Value extends string> = {
  label: string
  value: Value
  segments: readonly SegmentOption<Value>[]
  onChange: (value: Value) => void
}

/** A few values side by side, one of them chosen. */
export function Segmented<Value extends string>({ label, value, segments, onChange }: SegmentedProps<Value>) {
  return (
    <ToggleGroup.Root
      type="single"
      aria-label={label}
      value={value}
      onValueChange={(next) => {
        // An empty value means that the selected one was pressed again: it stays selected.
        if (next !== '') onChange(next as Value)
      }}
      className="bg-active inline-flex w-fit max-w-full flex-wrap gap-0.5 rounded-lg p-0.5"
    >
      {segments.map((segment) => (
        <ToggleGroup.Item
          key={segment.value}
          value={segment.value}
          className="text-muted hover:text-ink data-[state=on]:bg-raised data-[state=on]:text-ink data-[state=on]:shadow-control inline-flex h-7 items-center gap-1.5 rounded-md px-2.5 text-xs font-medium transition-colors duration-120 max-sm:h-9 [&>svg]:size-3.5"
        >
          {segment.icon}
          {segment.label}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  )
}

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
