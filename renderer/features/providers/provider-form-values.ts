// The values of the provider form, and their conversion to the core's input.
import { zodResolver } from '@hookform/resolvers/zod'
import { useEffect } from 'react'
import type { FieldError, FieldValues, Resolver, ResolverOptions, UseFormReturn } from 'react-hook-form'
import { cleanName } from '../../../shared/contract/name.ts'
import type { Preset } from '../../../shared/contract/preset.ts'
import { providerSpec, type ProviderSpec } from '../../../shared/contract/provider-spec.ts'
import {
  providerInput,
  type ProviderInputDraft,
  type ProviderView,
  SECRET_PLACEHOLDER,
} from '../../../shared/contract/provider.ts'
import { overridesOf } from '../../lib/spec-overrides.ts'
import { text } from '../../lib/text.ts'

/** Every field is present, so that the form can show it; the spec is complete, not only the differences. */
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

/** A new registration, from a preset, from discovery, or empty. */
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

/** The registration to send: its spec holds only the differences from the base. */
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

const words = text.add.form

/**
 * Validates the registration with the core's own schema, and with the rules of this provider's description.
 */
export function providerResolver(
  base: ProviderSpec,
  purpose: () => 'store' | 'sign-in',
): Resolver<ProviderFormValues> {
  const bySchema = zodResolver(providerInput) as unknown as Resolver
  return async (values, context, options) => {
    const draft = toDraft(values, base)
    const outcome = await bySchema(draft, context, options as unknown as ResolverOptions<FieldValues>)
    const errors: Record<string, unknown> = { ...outcome.errors }
    const parameters = parameterErrors(values)
    if (Object.keys(parameters).length > 0) errors['parameters'] = parameters
    const endpoints = endpointErrors(values)
    if (purpose() === 'sign-in') Object.assign(errors, clientErrors(values))
    if (endpoints !== null) errors['spec'] = { ...(errors['spec'] as object | undefined), endpoints }
    return Object.keys(errors).length === 0 ? { values, errors: {} } : { values: {}, errors: errors as never }
  }
}

function parameterErrors({ spec, parameters }: ProviderFormValues): Record<string, FieldError> {
  const errors: Record<string, FieldError> = {}
  for (const { name, label, required } of spec.templateParameters) {
    // The service checks the pattern, because it has a regular expression engine for patterns that come as
    // data.
    if ((parameters[name] ?? '') === '' && required)
      errors[name] = { type: 'required', message: words.parameterNeeded(label) }
  }
  return errors
}

export type ClientNeeds = { id: boolean; secret: 'required' | 'optional' | 'none' }

/** The client's fields that a sign-in requires, by the provider's description. */
export function clientNeeds({
  spec,
  flow,
}: {
  spec: Pick<ProviderSpec, 'client' | 'device'>
  flow: ProviderFormValues['flow']
}): ClientNeeds {
  const { client } = spec
  const registersItself = client.dynamicRegistration || client.registrationRequest !== null
  const id = !client.noRegistration && !registersItself
  const takesNoSecret = client.mustNotSendSecret || client.auth === 'private_key_jwt'
  if (client.noRegistration || takesNoSecret) return { id, secret: 'none' }
  const isOpenDevice = flow === 'device_code' && spec.device.withoutSecret
  const isConfidential = (client.publicPossible === 'no' && !isOpenDevice) || flow === 'client_credentials'
  return { id, secret: id && isConfidential ? 'required' : 'optional' }
}

function clientErrors(values: ProviderFormValues): Record<string, FieldError> {
  const needs = clientNeeds(values)
  const errors: Record<string, FieldError> = {}
  if (needs.id && (values.clientId ?? '').trim() === '') {
    errors['clientId'] = { type: 'required', message: words.clientIdNeeded }
  }
  if (needs.secret === 'required' && (values.clientSecret ?? '') === '') {
    errors['clientSecret'] = { type: 'required', message: words.clientSecretNeeded }
  }
  return errors
}

/** Without an issuer for discovery, the endpoint URLs are required. */
function endpointErrors({ spec, flow }: ProviderFormValues): Record<string, FieldError> | null {
  const { discovery, endpoints } = spec
  if (discovery.issuer !== null || discovery.url !== null) return null
  const needed = { type: 'required', message: words.addressNeeded }
  const errors: Record<string, FieldError> = {}
  if (flow === 'authorization_code' && endpoints.authorization === null) errors['authorization'] = needed
  if (endpoints.token === null) errors['token'] = needed
  if (flow === 'device_code' && endpoints.deviceAuthorization === null) errors['deviceAuthorization'] = needed
  return Object.keys(errors).length === 0 ? null : errors
}

/** Secrets are never kept. */
const SECRET_FIELDS = ['clientSecret'] as const
const placeOf = (key: string): string => `keyway:draft:${key}`

/** Keeps typed input across a reload or a locked vault, in this tab only and without secrets. */
export function useKeepDraft(form: UseFormReturn, key: string | null): void {
  useEffect(() => {
    if (key === null) return undefined
    return form.subscribe({
      formState: { values: true },
      callback: ({ values }) => {
        const plain = Object.entries(values).filter(
          ([name]) => !SECRET_FIELDS.some((secret) => secret === name),
        )
        sessionStorage.setItem(placeOf(key), JSON.stringify(Object.fromEntries(plain)))
      },
    })
  }, [form, key])
}

export function forgetDraft(key: string | null): void {
  if (key !== null) sessionStorage.removeItem(placeOf(key))
}

/** Input that was typed before, or null. */
export function readDraft(key: string | null): Record<string, unknown> | null {
  const kept = key === null ? null : sessionStorage.getItem(placeOf(key))
  if (kept === null) return null
  try {
    const parsed: unknown = JSON.parse(kept)
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : null
  } catch {
    // Not written by this form, or truncated: nothing to restore.
    return null
  }
}
