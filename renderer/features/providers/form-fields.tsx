// The form's controls, bound to a path in the form. A text field whose value may be null becomes null when it
// is emptied.
import { CircleHelp } from 'lucide-react'
import { createContext, type ReactNode, useContext, useId } from 'react'
import { useController } from 'react-hook-form'
import { Tooltip } from '../../components/feedback/tooltip.tsx'
import { ChipsInput } from '../../components/input/chips-input.tsx'
import { Select } from '../../components/input/choices.tsx'
import { Field } from '../../components/input/field.tsx'
import { TextArea, TextInput } from '../../components/input/inputs.tsx'
import { MapEditor } from '../../components/input/map-editor.tsx'
import { firstMessage } from '../../lib/format.ts'
import { text } from '../../lib/text.ts'

type Named = {
  /** Path in the form, such as spec.endpoints.token. */
  name: string
  label: string
  hint?: ReactNode
  optional?: boolean
  required?: boolean
}

type FormTextProps = Named & {
  mono?: boolean
  placeholder?: string
  /** The value of an emptied field. */
  empty?: 'text' | 'null' | 'absent'
  kind?: 'text' | 'number' | 'long'
}

const emptied = { text: '', null: null, absent: undefined }

export function FormText({
  name,
  label,
  mono = false,
  placeholder,
  empty = 'null',
  kind = 'text',
  ...rest
}: FormTextProps) {
  const { field, fieldState } = useController({ name })
  const shown = field.value === null || field.value === undefined ? '' : String(field.value)
  const write = (typed: string): void => {
    if (typed === '') field.onChange(emptied[empty])
    else field.onChange(kind === 'number' && /^\d+$/.test(typed) ? Number(typed) : typed)
  }
  return (
    <Field label={label} error={firstMessage(fieldState.error)} aside={<UnsureMark name={name} />} {...rest}>
      {(ids) =>
        kind === 'long' ? (
          <TextArea
            {...ids}
            ref={field.ref}
            mono
            value={shown}
            onBlur={field.onBlur}
            onChange={(event) => write(event.target.value)}
          />
        ) : (
          <TextInput
            {...ids}
            ref={field.ref}
            mono={mono}
            inputMode={kind === 'number' ? 'numeric' : undefined}
            placeholder={placeholder}
            value={shown}
            onBlur={field.onBlur}
            onChange={(event) => write(event.target.value)}
          />
        )
      }
    </Field>
  )
}

export function FormSelect({
  name,
  label,
  options,
  ...rest
}: Named & { options: Readonly<Record<string, string>> }) {
  const { field, fieldState } = useController({ name })
  return (
    <Field label={label} error={firstMessage(fieldState.error)} aside={<UnsureMark name={name} />} {...rest}>
      {(ids) => (
        <Select
          {...ids}
          ref={field.ref}
          value={String(field.value)}
          onBlur={field.onBlur}
          onChange={(event) => field.onChange(event.target.value)}
          options={Object.entries(options).map(([value, words]) => ({ value, label: words }))}
        />
      )}
    </Field>
  )
}

type FormChipsProps = Named & {
  kind?: 'words' | 'scopes'
  meaningOf?: (value: string) => string | undefined
  placeholder?: string
}

export function FormChips({ name, label, kind = 'words', meaningOf, placeholder, ...rest }: FormChipsProps) {
  const { field, fieldState } = useController({ name })
  return (
    <Field label={label} error={firstMessage(fieldState.error)} aside={<UnsureMark name={name} />} {...rest}>
      {(ids) => (
        <ChipsInput
          {...ids}
          kind={kind}
          values={(field.value as string[] | undefined) ?? []}
          onChange={field.onChange}
          {...(meaningOf === undefined ? {} : { meaningOf })}
          {...(placeholder === undefined ? {} : { placeholder })}
        />
      )}
    </Field>
  )
}

export function FormMap({ name, label }: { name: string; label: string }) {
  const { field, fieldState } = useController({ name })
  return (
    <MapEditor
      label={label}
      value={(field.value as Record<string, string> | undefined) ?? {}}
      error={firstMessage(fieldState.error)}
      onChange={field.onChange}
    />
  )
}

/** Paths in a preset that were not verified. */
export const UnsureContext = createContext<readonly string[]>([])

/** Marks a field whose preset value was not verified; an unverified parent marks every field in it. */
function UnsureMark({ name }: { name: string }) {
  const unsure = useContext(UnsureContext)
  const path = name.replace(/^spec\./, '')
  if (!unsure.some((guess) => path === guess || path.startsWith(`${guess}.`))) return null
  return (
    <Tooltip label={text.add.unsureHint}>
      <span className="text-wait inline-flex items-center gap-1 text-xs">
        <CircleHelp aria-hidden="true" className="size-3.5" />
        {text.add.unsureMark}
      </span>
    </Tooltip>
  )
}

/** One numbered part of a longer form. */
export function Step({ number, title, children }: { number: number; title: string; children: ReactNode }) {
  const id = useId()
  return (
    <section aria-labelledby={id} className="grid grid-cols-[auto_1fr] gap-x-3">
      <span
        aria-hidden="true"
        className="bg-accent-soft text-accent grid size-6 place-items-center rounded-full text-xs font-semibold tabular-nums"
      >
        {number}
      </span>
      <div className="min-w-0">
        <h2 id={id} className="text-ink mb-3.5 pt-0.5 text-base font-semibold tracking-[-0.012em]">
          {title}
        </h2>
        <div className="flex flex-col gap-4">{children}</div>
      </div>
    </section>
  )
}
