import { RadioGroup } from 'radix-ui'
import { useId, type ReactNode } from 'react'
import { classes } from '../lib/class-names.ts'

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
