// The form's controls, tied to their place in the form by name. A text field whose place may hold null writes null when it is emptied.
import type { ReactNode } from 'react'
import { useController } from 'react-hook-form'
import { ChipsInput } from '../../components/chips-input.tsx'
import { Field } from '../../components/field.tsx'
import { TextArea, TextInput } from '../../components/inputs.tsx'
import { MapEditor } from '../../components/map-editor.tsx'
import { Select } from '../../components/select.tsx'
import { firstMessage } from '../../lib/first-message.ts'
import { UnsureMark } from './unsure-mark.tsx'

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
  /** What an emptied field holds. */
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

type FormChipsProps = Named & { meaningOf?: (value: string) => string | undefined; placeholder?: string }

export function FormChips({ name, label, meaningOf, placeholder, ...rest }: FormChipsProps) {
  const { field, fieldState } = useController({ name })
  return (
    <Field label={label} error={firstMessage(fieldState.error)} aside={<UnsureMark name={name} />} {...rest}>
      {(ids) => (
        <ChipsInput
          {...ids}
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
