import { type ReactNode, useEffect, useMemo, useState } from 'react'
import { type FieldValues, FormProvider, type Resolver, useForm, type UseFormReturn } from 'react-hook-form'
import type { ErrorBody } from '../../../shared/contract/errors.ts'
import type { Preset } from '../../../shared/contract/preset.ts'
import type { ProviderInputDraft } from '../../../shared/contract/provider.ts'
import { Callout, Failure } from '../../components/feedback/callout.tsx'
import { Disclosure } from '../../components/layout/page.tsx'
import { text } from '../../lib/text.ts'
import { AddressFields, ParameterFields, ScopeFields } from './address-fields.tsx'
import { AdvancedFields } from './advanced-fields.tsx'
import { CredentialFields } from './credential-fields.tsx'
import { Step, UnsureContext } from './form-fields.tsx'
import { HostsField } from './hosts.tsx'
import { IdentityFields } from './identity-fields.tsx'
import {
  baseSpec,
  forgetDraft,
  type ProviderFormValues,
  providerResolver,
  readDraft,
  toDraft,
  useKeepDraft,
} from './provider-form-values.ts'
import { RedirectStep } from './redirect-step.tsx'

const words = text.add.form

type ProviderFormProps = {
  mode: 'new' | 'edit'
  preset: Preset | null
  values: ProviderFormValues
  /** The key under which typed input is kept; null: it is not kept. */
  draftKey: string | null
  failure: ErrorBody | null
  /** True once it is saved; the kept input is deleted only then. */
  onSubmit: (draft: ProviderInputDraft) => Promise<boolean>
  /**
   * Purpose of the submission: fields that a sign-in needs are required only for one. Default: to store it.
   */
  purpose?: () => 'store' | 'sign-in'
  /** The field that the link names. */
  field?: string | undefined
  /** The buttons; `type="submit"` sends the form. */
  footer: ReactNode
}

/** One form for registering and editing; fields that a preset fills in are collapsed. */
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
      <Step number={5} title={text.providers.hosts.title}>
        <HostsField />
      </Step>
    </>
  )
}

/** A failure that names a field is also shown at that field, which takes the focus. */
function useFailedField(form: UseFormReturn, failure: ErrorBody | null): void {
  useEffect(() => {
    const named = failure?.['field']
    if (failure === null || typeof named !== 'string') return
    const name = named.replace(/^(?:input|patch)\./, '')
    if (form.getValues(name) === undefined) return
    form.setError(name, { type: 'core', message: failure.message }, { shouldFocus: true })
  }, [form, failure])
}

/** Moves the focus to the field that the link names, and shows what is missing. */
function useSoughtField(form: UseFormReturn, name: string | undefined): void {
  useEffect(() => {
    if (name === undefined || form.getValues(name) === undefined) return undefined
    const isMissing = form.getValues(name) === ''
    const message = { clientId: words.clientIdNeeded, clientSecret: words.clientSecretNeeded }[name]
    if (isMissing && message !== undefined) form.setError(name, { type: 'sought', message })
    // After the screen has focused its title.
    const frame = requestAnimationFrame(() => form.setFocus(name, { shouldSelect: true }))
    return () => cancelAnimationFrame(frame)
  }, [form, name])
}
