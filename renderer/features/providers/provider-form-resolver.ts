import { zodResolver } from '@hookform/resolvers/zod'
import type { FieldError, FieldValues, Resolver, ResolverOptions } from 'react-hook-form'
import type { ProviderSpec } from '../../../shared/contract/provider-spec.ts'
import { providerInput } from '../../../shared/contract/provider.ts'
import { text } from '../../lib/text.ts'
import { toDraft, type ProviderFormValues } from './provider-form-values.ts'

const words = text.add.form

/** Checks what would be sent with the schema that the core parses it with, plus what only this provider's own description knows. */
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
    // Whether it fits its pattern, the service decides, which has an engine for patterns that come as data.
    if ((parameters[name] ?? '') === '' && required)
      errors[name] = { type: 'required', message: words.parameterNeeded(label) }
  }
  return errors
}

export type ClientNeeds = { id: boolean; secret: 'required' | 'optional' | 'none' }

/** What of the client a sign-in cannot do without, as far as the provider's description tells. */
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
  if (client.noRegistration || client.mustNotSendSecret) return { id, secret: 'none' }
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

/** Without an issuer to ask, the addresses must stand there. */
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
