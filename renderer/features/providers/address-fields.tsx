import { Plus } from 'lucide-react'
import { useState } from 'react'
import { useFormContext, useWatch } from 'react-hook-form'
import {
  providerSpec,
  type ProviderSpec,
  type TemplateParameter,
} from '../../../shared/contract/provider-spec.ts'
import { Callout, Failure } from '../../components/feedback/callout.tsx'
import { Button } from '../../components/input/button.tsx'
import { withOverrides } from '../../lib/spec-overrides.ts'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { FormChips, FormText } from './form-fields.tsx'

const words = text.add.form

/** An issuer for discovery, or the endpoint URLs. */
export function AddressFields() {
  const { getValues, setValue } = useFormContext()
  const issuer = useWatch({ name: 'spec.discovery.issuer' }) as string | null
  const discover = useCall('providers.discover')
  const [found, setFound] = useState(false)

  const lookUp = async (): Promise<void> => {
    if (issuer === null) return
    setFound(false)
    const extraCa = (getValues('extraCa') as string).trim()
    const answer = await discover.run({
      url: issuer.trim(),
      client: 'typed',
      extraCa: extraCa === '' ? null : extraCa,
    })
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

/** Template parameters of the provider's URLs: tenant, subdomain, host. */
export function ParameterFields() {
  const parameters = useWatch({ name: 'spec.templateParameters' }) as TemplateParameter[]
  return parameters.map(({ name, label, required, example, default: initial }) => (
    <FormText
      key={name}
      name={`parameters.${name}`}
      label={label}
      empty="text"
      required={required}
      optional={!required}
      {...(initial === null ? {} : { placeholder: initial })}
      {...(example === null ? {} : { hint: text.add.form.parameterExample(example) })}
    />
  ))
}

export function ScopeFields() {
  const spec = useWatch({ name: 'spec.scopes' }) as ProviderSpec['scopes']
  const chosen = (useWatch({ name: 'scopes' }) as string[] | undefined) ?? []
  const isUnknown = chosen.length === 0 && Object.keys(spec.meanings).length === 0
  if (spec.none) return <p className="text-muted text-sm">{words.noScopes}</p>
  return (
    <>
      <FormChips
        name="scopes"
        kind="scopes"
        label={words.scopes}
        hint={isUnknown ? words.scopesUnknown : words.scopesHint}
        meaningOf={(scope) => spec.meanings[scope]}
      />
      <KnownScopes meanings={spec.meanings} />
      {spec.secondary !== null && (
        <FormChips name="secondaryScopes" kind="scopes" label={words.secondaryScopes} optional />
      )}
    </>
  )
}

/** Scopes with a known meaning, to select instead of typing. */
function KnownScopes({ meanings }: { meanings: Readonly<Record<string, string>> }) {
  const { setValue } = useFormContext()
  const chosen = (useWatch({ name: 'scopes' }) as string[] | undefined) ?? []
  const offered = Object.entries(meanings).filter(([scope]) => !chosen.includes(scope))
  if (offered.length === 0) return null
  return (
    <ul className="flex flex-col gap-0.5">
      {offered.map(([scope, meaning]) => (
        <li key={scope}>
          <button
            type="button"
            onClick={() => setValue('scopes', [...chosen, scope], { shouldDirty: true })}
            className="hover:bg-hover flex w-full items-start gap-2 rounded-md px-2 py-1 text-left"
          >
            <Plus aria-hidden="true" className="text-accent mt-0.5 size-3.5 shrink-0" />
            <span className="min-w-0">
              <code className="text-xs break-all">{scope}</code>
              <span className="text-muted block text-xs">{meaning}</span>
            </span>
          </button>
        </li>
      ))}
    </ul>
  )
}
