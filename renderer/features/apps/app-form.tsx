import { zodResolver } from '@hookform/resolvers/zod'
import { Plus } from 'lucide-react'
import {
  Controller,
  useFieldArray,
  useForm,
  useWatch,
  type Control,
  type FieldError,
  type FieldErrors,
} from 'react-hook-form'
import { z } from 'zod'
import {
  appInput,
  grant as grantSchema,
  type AppDraft,
  type AppInput,
  type Grant,
} from '../../../shared/contract/app.ts'
import { Button } from '../../components/input/button.tsx'
import { ChipsInput } from '../../components/input/chips-input.tsx'
import { Disclosure, PageSection } from '../../components/layout/page.tsx'
import { Field } from '../../components/input/field.tsx'
import { TextInput } from '../../components/input/inputs.tsx'
import { SwitchRow } from '../../components/input/switch.tsx'
import { firstMessage } from '../../lib/format.ts'
import type { AppNeed } from '../../lib/route.ts'
import { text } from '../../lib/text.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { GrantEditor } from './grant-editor.tsx'
import { isNoTarget, NO_TARGET } from './grants.ts'

const words = text.apps.fields

export type AppForm = ReturnType<typeof useAppForm>

export function useAppForm(values: AppDraft) {
  return useForm<AppDraft, unknown, AppInput>({ resolver: appResolver, defaultValues: values })
}

const bySchema = zodResolver(appInput)

/** Validates by the schema, and that each permission has a target and an access. */
const appResolver: typeof bySchema = async (values, context, options) => {
  const outcome = await bySchema(values, context, options)
  const undecided = (values.grants ?? []).map((each) => undecidedIn(each as Grant))
  if (undecided.every((errors) => errors === undefined)) return outcome
  const known = (outcome.errors.grants ?? []) as unknown[]
  const grants = undecided.map((errors, index) => Object.assign({}, known[index], errors))
  return { values: {}, errors: { ...outcome.errors, grants } as never }
}

function undecidedIn({ target, token, proxy }: Grant): Record<string, FieldError> | undefined {
  const errors: Record<string, FieldError> = {}
  if (isNoTarget(target)) errors['target'] = { type: 'required', message: words.targetNeeded }
  if (!token && !proxy) errors['proxy'] = { type: 'required', message: words.needsNone }
  return Object.keys(errors).length === 0 ? undefined : errors
}

/** All of an app's fields that the person sets; the same for a new and an existing app. */
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
    <PageSection
      title={words.grants}
      className="mt-2!"
      actions={
        <Button
          size="sm"
          icon={<Plus />}
          onClick={() => append(freshGrant(connections), { shouldFocus: false })}
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
                // A grant has a `target`, and the form library takes an object with one for an event, so it
                // is wrapped in one.
                onChange={(value) => field.onChange({ target: { value } })}
                onRemove={() => remove(index)}
              />
            )}
          />
        ))}
      </div>
    </PageSection>
  )
}

/**
 * A new permission to complete. The connection is that of the link, or the only one there is. The access is
 * preselected only when the link names it.
 */
export function freshGrant(
  connections: ReadonlyArray<{ id: string }>,
  from: { connectionId?: string | undefined; needs?: AppNeed | undefined } = {},
): Grant {
  const cameFrom = connections.find(({ id }) => id === from.connectionId)
  const chosen = cameFrom ?? (connections.length === 1 ? connections[0] : undefined)
  return grantOutput.parse({
    target: chosen === undefined ? NO_TARGET : { kind: 'connection', connectionId: chosen.id },
    token: from.needs === 'token',
    proxy: from.needs === 'request',
  })
}

/** As in the contract, but the target may still be empty. */
const grantOutput = grantSchema.extend({
  target: grantSchema.shape.target.or(
    z.strictObject({ kind: z.literal('connection'), connectionId: z.literal('') }),
  ),
})

/** Input that was typed before and not sent, as kept in this tab. */
export const appDraft = z.object({
  name: z.string(),
  grants: z.array(grantOutput),
  manage: z.boolean(),
  approve: z.boolean(),
  origins: z.array(z.string()),
})

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
