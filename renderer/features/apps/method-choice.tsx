import { ToggleGroup } from 'radix-ui'
import { httpMethod } from '../../../shared/contract/app.ts'
import { text } from '../../lib/text.ts'

type MethodChoiceProps = { methods: readonly string[]; onChange: (methods: string[]) => void }

export function MethodChoice({ methods, onChange }: MethodChoiceProps) {
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="mb-1.5 text-sm font-medium">
        {text.apps.fields.methods}{' '}
        <span className="text-faint text-xs font-normal">{text.common.optional}</span>
      </legend>
      <ToggleGroup.Root
        type="multiple"
        value={[...methods]}
        onValueChange={onChange}
        aria-label={text.apps.fields.methods}
        className="flex flex-wrap gap-1"
      >
        {httpMethod.options.map((method) => (
          <ToggleGroup.Item
            key={method}
            value={method}
            className="border-line-strong text-muted hover:bg-hover data-[state=on]:border-accent data-[state=on]:bg-accent-soft data-[state=on]:text-accent h-7 rounded-md border px-2 font-mono text-2xs font-medium transition-colors max-sm:h-9"
          >
            {method}
          </ToggleGroup.Item>
        ))}
      </ToggleGroup.Root>
      <p className="text-muted text-xs">{text.apps.fields.methodsHint}</p>
    </fieldset>
  )
}
