import { useController, useWatch } from 'react-hook-form'
import type { ProviderSpec } from '../../../shared/contract/provider-spec.ts'
import { SECRET_PLACEHOLDER } from '../../../shared/contract/provider.ts'
import { Field } from '../../components/input/field.tsx'
import { SecretInput } from '../../components/input/inputs.tsx'
import { firstMessage } from '../../lib/format.ts'
import { text } from '../../lib/text.ts'
import { FormText } from './form-fields.tsx'
import { clientNeeds, type ProviderFormValues } from './provider-form-values.ts'

const words = text.add.form

export function CredentialFields() {
  const client = useWatch({ name: 'spec.client' }) as ProviderSpec['client']
  const device = useWatch({ name: 'spec.device' }) as ProviderSpec['device']
  const flow = useWatch({ name: 'flow' }) as ProviderFormValues['flow']
  if (client.noRegistration) return <p className="text-muted text-sm">{words.noRegistration}</p>
  const needs = clientNeeds({ spec: { client, device }, flow })
  return (
    <>
      {client.dynamicRegistration && <p className="text-muted text-sm">{words.dynamic}</p>}
      <div className="grid gap-4 sm:grid-cols-2">
        <FormText name="clientId" label={words.clientId} mono empty="text" required={needs.id} />
        {needs.secret !== 'none' && <ClientSecret required={needs.secret === 'required'} />}
      </div>
    </>
  )
}

/** Dots represent a stored secret: it can be kept or replaced, never shown. */
function ClientSecret({ required }: { required: boolean }) {
  const { field, fieldState } = useController({ name: 'clientSecret' })
  const value = String(field.value ?? '')
  const kept = value === SECRET_PLACEHOLDER
  return (
    <Field
      label={words.clientSecret}
      hint={
        kept ? words.clientSecretKept : required ? words.clientSecretRequiredHint : words.clientSecretHint
      }
      error={firstMessage(fieldState.error)}
      required={required}
      optional={!required}
    >
      {(ids) => (
        <SecretInput
          {...ids}
          ref={field.ref}
          value={value}
          autoComplete="new-password"
          onFocus={(event) => {
            if (kept) event.target.select()
          }}
          onBlur={field.onBlur}
          onChange={(event) => {
            // A change inside the dots is a new secret without them.
            field.onChange(event.target.value.replaceAll('•', ''))
          }}
        />
      )}
    </Field>
  )
}
