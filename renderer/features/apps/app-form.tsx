import { zodResolver } from '@hookform/resolvers/zod'
import { Plus } from 'lucide-react'
import { Controller, useFieldArray, useForm, useWatch, type Control, type FieldErrors } from 'react-hook-form'
import {
  appInput,
  grant as grantSchema,
  type AppDraft,
  type AppInput,
  type Grant,
} from '../../../shared/contract/app.ts'
import { Button } from '../../components/button.tsx'
import { ChipsInput } from '../../components/chips-input.tsx'
import { Disclosure } from '../../components/disclosure.tsx'
import { Field } from '../../components/field.tsx'
import { TextInput } from '../../components/inputs.tsx'
import { Section } from '../../components/section.tsx'
import { SwitchRow } from '../../components/switch.tsx'
import { firstMessage } from '../../lib/first-message.ts'
import { text } from '../../lib/text.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { GrantEditor } from './grant-editor.tsx'

const words = text.apps.fields

export type AppForm = ReturnType<typeof useAppForm>

export function useAppForm(values: AppDraft) {
  return useForm<AppDraft, unknown, AppInput>({ resolver: zodResolver(appInput), defaultValues: values })
}

/** Everything about an app that a person decides; the same for a new one and for one that exists. */
export function AppFields({ form }: { form: AppForm }) {
  const { control, register, formState } = form
  return (
    <>
      <Field label={words.name} hint={words.nameHint} error={formState.errors.name?.message} required>
        {(ids) => <TextInput {...ids} {...register('name')} placeholder={words.namePlaceholder} />}
      </Field>
      <Grants control={control} errors={formState.errors} />
      <Disclosure label={words.more} openAtFirst={formState.errors.origins !== undefined}>
        <More control={control} errors={formState.errors} />
      </Disclosure>
    </>
  )
}

type PartProps = { control: Control<AppDraft, unknown, AppInput>; errors: FieldErrors<AppDraft> }

function Grants({ control, errors }: PartProps) {
  const { connections } = useSnapshot()
  const { fields, append, remove } = useFieldArray({ control, name: 'grants' })
  return (
    <Section
      title={words.grants}
      className="mt-2!"
      actions={
        <Button
          size="sm"
          icon={<Plus />}
          onClick={() => append(freshGrant(connections.map(({ id }) => id)), { shouldFocus: false })}
        >
          {words.addGrant}
        </Button>
      }
    >
      <div className="flex flex-col gap-3">
        {fields.length === 0 && <p className="text-muted text-sm">{words.noGrants}</p>}
        {fields.map(({ id }, index) => (
          <Controller
            key={id}
            control={control}
            name={`grants.${index}`}
            render={({ field }) => (
              <GrantEditor
                grant={field.value as Grant}
                errors={errors.grants?.[index]}
                // A grant has a `target`, and what has one is an event to the form library: so it is given one.
                onChange={(value) => field.onChange({ target: { value } })}
                onRemove={() => remove(index)}
              />
            )}
          />
        ))}
      </div>
    </Section>
  )
}

/** The least that is useful: one connection where there is one, requests only. */
export function freshGrant(connectionIds: readonly string[]): Grant {
  const [only] = connectionIds
  return grantSchema.parse({
    target:
      only !== undefined && connectionIds.length === 1
        ? { kind: 'connection', connectionId: only }
        : { kind: 'all' },
  })
}

function More({ control, errors }: PartProps) {
  const [manage, approve] = useWatch({ control, name: ['manage', 'approve'] })
  return (
    <div className="flex flex-col gap-5">
      <Controller
        control={control}
        name="origins"
        render={({ field }) => (
          <Field label={words.origins} hint={words.originsHint} error={firstMessage(errors.origins)} optional>
            {(ids) => <ChipsInput {...ids} values={field.value ?? []} onChange={field.onChange} />}
          </Field>
        )}
      />
      <Controller
        control={control}
        name="manage"
        render={({ field }) => (
          <SwitchRow
            label={words.manage}
            hint={words.manageHint}
            checked={manage ?? false}
            onChange={field.onChange}
          />
        )}
      />
      <Controller
        control={control}
        name="approve"
        render={({ field }) => (
          <SwitchRow
            label={words.approve}
            hint={words.approveHint}
            checked={approve ?? false}
            onChange={field.onChange}
          />
        )}
      />
    </div>
  )
}
