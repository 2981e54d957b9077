// The values for a provider's templates: its parameters, runtime values, and the non-secret values of a
// connection. Secrets are added only for bodies and headers that are marked for them
// (shared/contract/secret-sinks.ts).
import { KeywayError } from '../../../shared/contract/errors.ts'
import { placeholdersIn } from '../../../shared/contract/secret-sinks.ts'
import type { Secret } from '../../../shared/contract/secret.ts'
import { readText } from '../../../shared/domain/json-path.ts'
import { fillUrl, resolveParameters, type TemplateValues } from '../../../shared/domain/template.ts'
import { matchPattern } from '../providers/data-patterns.ts'
import type { OAuthDeps, ResolvedProvider } from './types.ts'

export type Values = Readonly<Record<string, string>>

/** @throws KeywayError config_error if a parameter is missing or does not match its pattern. */
export function templateValues(
  deps: Pick<OAuthDeps, 'userAgent' | 'appName' | 'contactEmail'>,
  provider: ResolvedProvider,
  more: Values = {},
): TemplateValues {
  const { values, problems } = resolveParameters(
    provider.spec.templateParameters,
    provider.parameters,
    matchPattern,
  )
  const [problem] = problems
  if (problem !== undefined) {
    throw new KeywayError('config_error', {
      message: problem.message,
      nextStep: `Fill in "${problem.name}" on the page of ${provider.name}.`,
      details: { parameter: problem.name },
    })
  }
  return {
    ...more,
    ...values,
    client_id: provider.clientId,
    user_agent: deps.userAgent,
    app_name: deps.appName ?? 'Keyway',
    contact_email: deps.contactEmail ?? '',
  }
}

type Tokens = { accessToken?: Secret | null; refreshToken?: Secret | null; idToken?: Secret | null }

/**
 * Adds the secrets, for a body or header of a request to the provider. An entry whose secret is missing is
 * omitted.
 */
export function withSecrets(
  provider: Pick<ResolvedProvider, 'clientSecret'>,
  values: TemplateValues,
  tokens: Tokens = {},
): TemplateValues {
  return {
    ...values,
    client_secret: provider.clientSecret?.reveal() ?? '',
    access_token: tokens.accessToken?.reveal() ?? '',
    refresh_token: tokens.refreshToken?.reveal() ?? '',
    id_token: tokens.idToken?.reveal() ?? '',
  }
}

/**
 * Fills an address template of the provider.
 * @throws KeywayError config_error | target_not_allowed
 */
export function fillProviderUrl(
  provider: ResolvedProvider,
  template: string,
  values: TemplateValues,
): string {
  const filled = fillUrl(template, {
    values,
    checked: provider.spec.templateParameters
      .filter(({ pattern }) => pattern !== null)
      .map(({ name }) => name),
    dynamicHostPattern: provider.spec.api.dynamicHostPattern,
    match: matchPattern,
  })
  if (filled.ok) return relocate(provider, filled.url, values)
  throw new KeywayError(filled.reason === 'host_refused' ? 'target_not_allowed' : 'config_error', {
    message: filled.message,
    nextStep: `Check the addresses and parameters on the page of ${provider.name}.`,
  })
}

/**
 * Data center redirects: the callback named the host of this account. Only addresses on the configured token
 * host change, and only to a host that matches the provider's pattern.
 */
function relocate(provider: ResolvedProvider, url: string, values: TemplateValues): string {
  const rule = provider.spec.authorize.tokenHostFromCallback
  const named = rule === null ? '' : (values[`callback.${rule.param}`] ?? '')
  const token = provider.spec.endpoints.token
  if (rule === null || named === '' || token === null) return url
  const home = fillUrl(token, { values, checked: provider.spec.templateParameters.map(({ name }) => name) })
  if (!home.ok || new URL(home.url).host !== new URL(url).host) return url
  const target = fillUrl('{callback.host}', {
    values: { 'callback.host': named },
    dynamicHostPattern: rule.pattern,
    match: matchPattern,
  })
  if (!target.ok) {
    throw new KeywayError(target.reason === 'host_refused' ? 'target_not_allowed' : 'config_error', {
      message: `The sign-in answer names a server that this provider may not use: ${target.message}.`,
      nextStep: 'Start the sign-in again; if it stays, check the allowed host pattern of the provider.',
    })
  }
  const moved = new URL(url)
  const { protocol, hostname, port } = new URL(target.url)
  Object.assign(moved, { protocol, hostname, port })
  return moved.href
}

const secretName = /token|secret|password|credential/i

/**
 * The values under `prefix` of a response that the provider's templates use. Other values and secrets are
 * dropped.
 */
export function collectValues(
  provider: ResolvedProvider,
  prefix: 'token' | 'identity',
  data: unknown,
): Record<string, string> {
  const wanted = placeholdersIn(JSON.stringify(provider.spec))
    .filter((name) => name.startsWith(`${prefix}.`))
    .filter((name) => !secretName.test(name.slice(prefix.length)))
  const values: Record<string, string> = {}
  for (const name of wanted) {
    const text = readText(data, name.slice(prefix.length + 1))
    if (text !== null) values[name] = text
  }
  return values
}
