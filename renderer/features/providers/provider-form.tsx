import { useMemo, useState, type ReactNode } from 'react'
import { FormProvider, useForm, type FieldValues, type Resolver } from 'react-hook-form'
import type { ErrorBody } from '../../../shared/contract/errors.ts'
import type { Preset } from '../../../shared/contract/preset.ts'
import type { ProviderInputDraft } from '../../../shared/contract/provider.ts'
import { Callout } from '../../components/callout.tsx'
import { Disclosure } from '../../components/disclosure.tsx'
import { Failure } from '../../components/failure.tsx'
import { text } from '../../lib/text.ts'
import { AddressFields } from './address-fields.tsx'
import { AdvancedFields } from './advanced-fields.tsx'
import { CredentialFields } from './credential-fields.tsx'
import { IdentityFields } from './identity-fields.tsx'
import { ParameterFields } from './parameter-fields.tsx'
import { providerResolver } from './provider-form-resolver.ts'
import { baseSpec, toDraft, type ProviderFormValues } from './provider-form-values.ts'
import { RedirectStep } from './redirect-step.tsx'
import { ScopeFields } from './scope-fields.tsx'
import { Step } from './form-step.tsx'
import { useFailedField, useSoughtField } from './use-failed-field.ts'
import { UnsureContext } from './unsure-mark.tsx'
import { forgetDraft, readDraft, useKeepDraft } from './form-draft.ts'

const words = text.add.form

type ProviderFormProps = {
  mode: 'new' | 'edit'
  preset: Preset | null
  values: ProviderFormValues
  /** Under which unfinished typing is kept; null: it is not kept. */
  draftKey: string | null
  failure: ErrorBody | null
  /** True once it is saved; what was typed is dropped only then. */
  onSubmit: (draft: ProviderInputDraft) => Promise<boolean>
  /** Why it is sent: what a sign-in needs is required only for one. Default: to store it. */
  purpose?: () => 'store' | 'sign-in'
  /** The field that somebody was sent here for. */
  field?: string | undefined
  /** The buttons; `type="submit"` sends the form. */
  footer: ReactNode
}

/** One form for registering and editing; what a preset knows is filled in and folded away. */
const toStore = () => 'store' as const

export function ProviderForm({
  mode,
  preset,
  values,
  draftKey,
  failure,
  onSubmit,
  purpose = toStore,
  field,
  footer,
}: ProviderFormProps) {
  const base = useMemo(() => baseSpec(preset), [preset])
  const [kept] = useState(() => readDraft(draftKey))
  const form = useForm({
    defaultValues: { ...values, ...kept },
    resolver: providerResolver(base, purpose) as unknown as Resolver,
  })
  useKeepDraft(form, draftKey)
  useFailedField(form, failure)
  useSoughtField(form, field)
  const { errors } = form.formState

  const submit = async (typed: FieldValues): Promise<void> => {
    if (await onSubmit(toDraft(typed as ProviderFormValues, base))) forgetDraft(draftKey)
  }

  return (
    <FormProvider {...form}>
      <UnsureContext value={preset?.unsure ?? []}>
        <form
          aria-label={mode === 'new' ? words.titleCustom : words.editTitle}
          noValidate
          onSubmit={(event) => void form.handleSubmit(submit)(event)}
          className="flex flex-col gap-8"
        >
          {kept !== null && <Callout tone="info" title={words.restored} />}
          <FormSteps mode={mode} preset={preset} />
          <Disclosure
            label={words.advanced}
            hint={words.advancedHint}
            openAtFirst={preset !== null && errors['spec'] !== undefined}
          >
            <AdvancedFields withAddresses={preset !== null} />
          </Disclosure>
          <Failure failure={failure} />
          <div className="border-line flex flex-wrap justify-end gap-2 border-t pt-4">{footer}</div>
        </form>
      </UnsureContext>
    </FormProvider>
  )
}

function FormSteps({ mode, preset }: Pick<ProviderFormProps, 'mode' | 'preset'>) {
  return (
    <>
      <Step number={1} title={words.steps.provider}>
        <IdentityFields mode={mode} />
        <ParameterFields />
        {preset === null && <AddressFields />}
      </Step>
      <Step number={2} title={words.steps.app}>
        <RedirectStep preset={preset} />
      </Step>
      <Step number={3} title={words.steps.credentials}>
        <CredentialFields />
      </Step>
      <Step number={4} title={words.steps.scopes}>
        <ScopeFields />
      </Step>
    </>
  )
}
