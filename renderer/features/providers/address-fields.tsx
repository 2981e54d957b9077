import { useFormContext, useWatch } from 'react-hook-form'
import { providerSpec, type ProviderSpec } from '../../../shared/contract/provider-spec.ts'
import { Button } from '../../components/button.tsx'
import { Callout } from '../../components/callout.tsx'
import { Failure } from '../../components/failure.tsx'
import { withOverrides } from '../../lib/spec-overrides.ts'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { FormText } from './form-fields.tsx'
import { useState } from 'react'

const words = text.add.form

/** An issuer that fills the addresses, or the addresses themselves. */
export function AddressFields() {
  const { getValues, setValue } = useFormContext()
  const issuer = useWatch({ name: 'spec.discovery.issuer' }) as string | null
  const discover = useCall('providers.discover')
  const [found, setFound] = useState(false)

  const lookUp = async (): Promise<void> => {
    if (issuer === null) return
    setFound(false)
    const answer = await discover.run({ url: issuer.trim(), client: 'typed' })
    if (answer === null) return
    const { draft } = answer.value
    const merged = providerSpec.safeParse(withOverrides(getValues('spec'), draft.spec))
    if (merged.success)
      setValue('spec', merged.data satisfies ProviderSpec, { shouldDirty: true, shouldValidate: true })
    if (getValues('clientId') === '' && draft.clientId !== undefined) setValue('clientId', draft.clientId)
    if ((getValues('scopes') as string[]).length === 0 && draft.scopes !== undefined)
      setValue('scopes', draft.scopes)
    setFound(true)
  }

  return (
    <>
      <div className="flex items-end gap-2">
        <div className="min-w-0 flex-1">
          <FormText
            name="spec.discovery.issuer"
            label={words.issuer}
            placeholder={words.examples.issuer}
            mono
            optional
          />
        </div>
        <Button
          pending={discover.pending}
          disabled={issuer === null}
          onClick={() => void lookUp()}
          className="max-sm:h-10"
        >
          {words.discover}
        </Button>
        {discover.slow && <Button onClick={discover.leave}>{text.common.stopWaiting}</Button>}
      </div>
      <p className="text-muted -mt-2 text-xs">{words.issuerHint}</p>
      <Failure failure={discover.failure} />
      {found && <Callout tone="ok" title={words.discovered} live="polite" />}
      <FormText
        name="spec.endpoints.authorization"
        label={words.authorization}
        placeholder={words.examples.authorization}
        mono
      />
      <FormText name="spec.endpoints.token" label={words.token} placeholder={words.examples.token} mono />
    </>
  )
}
