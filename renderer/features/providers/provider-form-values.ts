// What the provider form edits, and how it becomes what the core takes.
import { cleanName } from '../../../shared/contract/name.ts'
import type { Preset } from '../../../shared/contract/preset.ts'
import { providerSpec, type ProviderSpec } from '../../../shared/contract/provider-spec.ts'
import {
  SECRET_PLACEHOLDER,
  type ProviderInputDraft,
  type ProviderView,
} from '../../../shared/contract/provider.ts'
import { overridesOf } from '../../lib/spec-overrides.ts'

/** Every field is there, so that a form can show it; the spec is the whole behaviour, not only what differs. */
export type ProviderFormValues = Required<
  Omit<ProviderInputDraft, 'spec' | 'preset' | 'extraCa' | 'parameters'>
> & {
  parameters: Record<string, string>
  preset: string | null
  extraCa: string
  spec: ProviderSpec
}

export function baseSpec(preset: Preset | null): ProviderSpec {
  return providerSpec.parse(preset?.spec ?? {})
}

/** A new registration, from a preset, from what an address turned out to be, or from nothing. */
export function freshValues(
  preset: Preset | null,
  draft: Partial<ProviderInputDraft> = {},
): ProviderFormValues {
  const parameters = Object.fromEntries(
    baseSpec(preset).templateParameters.map((parameter) => [parameter.name, parameter.default ?? '']),
  )
  return {
    slug: draft.slug ?? '',
    name: draft.name ?? preset?.name ?? '',
    preset: preset?.slug ?? null,
    clientId: draft.clientId ?? '',
    clientSecret: draft.clientSecret ?? '',
    scopes: draft.scopes ?? preset?.defaultScopes ?? [],
    secondaryScopes: draft.secondaryScopes ?? preset?.defaultSecondaryScopes ?? [],
    parameters: { ...parameters, ...draft.parameters },
    allowedHosts: draft.allowedHosts ?? [],
    privateHosts: draft.privateHosts ?? [],
    redirect: draft.redirect ?? 'auto',
    redirectHost: draft.redirectHost ?? 'auto',
    flow: draft.flow ?? 'authorization_code',
    extraCa: draft.extraCa ?? '',
    spec: draft.spec === undefined ? baseSpec(preset) : providerSpec.parse(draft.spec),
  }
}

export function valuesOf(provider: ProviderView): ProviderFormValues {
  return {
    slug: provider.slug,
    name: cleanName(provider.name),
    preset: provider.preset,
    clientId: provider.clientId,
    clientSecret: provider.hasClientSecret ? SECRET_PLACEHOLDER : '',
    scopes: provider.scopes,
    secondaryScopes: provider.secondaryScopes,
    parameters: provider.parameters,
    allowedHosts: provider.allowedHosts,
    privateHosts: provider.privateHosts,
    redirect: provider.redirect,
    redirectHost: provider.redirectHost,
    flow: provider.flow,
    extraCa: provider.extraCa ?? '',
    spec: provider.spec,
  }
}

/** The registration to send: only what differs from the base stands in its spec. */
export function toDraft(values: ProviderFormValues, base: ProviderSpec): ProviderInputDraft {
  const { extraCa, spec, ...rest } = values
  const overrides = overridesOf(spec, base)
  return {
    ...rest,
    name: values.name.trim(),
    parameters: Object.fromEntries(Object.entries(values.parameters).filter(([, value]) => value !== '')),
    extraCa: extraCa.trim() === '' ? null : extraCa,
    ...(Object.keys(overrides).length === 0 ? {} : { spec: overrides }),
  }
}
