import { useFormContext, useWatch } from 'react-hook-form'
import { Plus } from 'lucide-react'
import type { ProviderSpec } from '../../../shared/contract/provider-spec.ts'
import { text } from '../../lib/text.ts'
import { FormChips } from './form-fields.tsx'

const words = text.add.form

export function ScopeFields() {
  const spec = useWatch({ name: 'spec.scopes' }) as ProviderSpec['scopes']
  if (spec.none) return <p className="text-muted text-sm">{words.noScopes}</p>
  return (
    <>
      <FormChips
        name="scopes"
        label={words.scopes}
        hint={words.scopesHint}
        meaningOf={(scope) => spec.meanings[scope]}
      />
      <KnownScopes meanings={spec.meanings} />
      {spec.secondary !== null && <FormChips name="secondaryScopes" label={words.secondaryScopes} optional />}
    </>
  )
}

/** Scopes whose meaning is known, to pick instead of typing. */
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
