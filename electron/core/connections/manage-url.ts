import type { Preset } from '../../../shared/contract/preset.ts'
import type { ProviderRecord } from '../../../shared/contract/provider.ts'
import type { ProviderSpec } from '../../../shared/contract/provider-spec.ts'
import { fillTemplate, resolveParameters } from '../../../shared/domain/template.ts'
import { matchPattern } from '../providers/data-patterns.ts'

/** Where a person can end what Keyway could not: the page of their account, else the provider's console. Null: nobody has told. */
export function manageUrl(
  preset: Pick<Preset, 'manageUrl' | 'consoleUrl'> | null,
  spec: Pick<ProviderSpec, 'templateParameters'>,
  { parameters }: Pick<ProviderRecord, 'parameters'>,
): string | null {
  const { values } = resolveParameters(spec.templateParameters, parameters, matchPattern)
  const addresses = [preset?.manageUrl ?? null, preset?.consoleUrl ?? null].map((template) =>
    template === null ? null : fillTemplate(template, values),
  )
  return addresses.find((address) => address !== null && isHttps(address)) ?? null
}

function isHttps(address: string): boolean {
  return URL.canParse(address) && new URL(address).protocol === 'https:'
}
