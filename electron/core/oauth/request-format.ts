// Gives a request the form that a provider's description wants: fills its templates, and removes, adds and
// renames parameters.
//
// The values for the templates are the provider's parameters, runtime values, and the non-secret values of a
// connection. Secrets are added only for bodies and headers that are marked for them
// (shared/contract/provider-template.ts).
import { KeywayError } from '../../../shared/contract/errors.ts'
import { placeholdersIn } from '../../../shared/contract/provider-template.ts'
import type { Secret } from '../../../shared/contract/secret.ts'
import { readText } from '../../../shared/domain/json-path.ts'
import { fillMap, fillUrl, resolveParameters, type TemplateValues } from '../../../shared/domain/template.ts'
import { matchPattern } from '../providers/data-patterns.ts'
import type { HttpRequest } from './transport/http-exchange.ts'
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

// Adapts token requests to a provider's spec.

export type TokenPurpose = 'exchange' | 'refresh' | 'client_credentials' | 'device'

/** The redirect_uri of the token request: the one of the authorization request, or none. */
export type ShapingInput = {
  provider: ResolvedProvider
  values: TemplateValues
  userAgent: string
  purpose: TokenPurpose
  redirectUri: string | null
  /** The tokens that a refresh starts from. */
  tokens?: { accessToken: Secret; refreshToken: Secret | null }
}

export function tokenShaping(input: ShapingInput): Shaping {
  const { provider, userAgent, purpose, redirectUri } = input
  const values = withSecrets(provider, input.values, input.tokens)
  const { token, refresh, client, scopes } = provider.spec
  const isRefresh = purpose === 'refresh'
  const keepsRedirect = isRefresh
    ? refresh.sendRedirectUri
    : purpose === 'exchange' && token.redirectUri !== 'never'
  const sendsRedirect = keepsRedirect && redirectUri !== null && !token.omitParams.includes('redirect_uri')
  return {
    method: isRefresh && refresh.method === 'GET' ? 'GET' : token.method,
    format: token.format,
    omit: [
      ...token.omitParams,
      ...(isRefresh ? refresh.omitParams : []),
      ...clientIdRule(provider),
      'redirect_uri',
    ],
    add: {
      ...(sendsRedirect ? { redirect_uri: redirectUri } : {}),
      ...fillMap(token.extraParams, values),
      ...(purpose === 'exchange' ? fillMap(token.exchangeParams, values) : {}),
      ...(isRefresh ? fillMap(refresh.params, values) : {}),
    },
    rename: {
      scope: scopes.param,
      ...token.paramNames,
      client_id: client.idParam,
      client_secret: client.secretParam,
    },
    headers: {
      accept: 'application/json',
      'user-agent': userAgent,
      ...fillMap(token.headers, values),
      ...(isRefresh ? fillMap(refresh.headers, values) : {}),
    },
  }
}

/**
 * A service without registration has no client id, but the library requires one. It is removed before the
 * request is sent.
 */
export function clientIdRule(provider: ResolvedProvider): string[] {
  return provider.clientId === '' ? ['client_id'] : []
}

/** The placeholder for the library if there is no client id. */
export const NO_CLIENT_ID = 'none'

// Converts the standard form request of the library into the request that a server requires. Pure.

export type Shaping = {
  method: 'POST' | 'GET' | 'DELETE'
  format: 'form' | 'json' | 'query' | 'none'
  /** Standard parameter names to remove. */
  omit: readonly string[]
  /** Parameters to add after that, by standard name; they replace existing ones. */
  add: Readonly<Record<string, string>>
  /** Standard name → the server's name. */
  rename: Readonly<Record<string, string>>
  /** Header names in any case; they replace the library's headers. */
  headers: Readonly<Record<string, string>>
}

export type StandardRequest = {
  url: string
  headers: Readonly<Record<string, string>>
  parameters: ReadonlyArray<readonly [name: string, value: string]>
}

export function shapeRequest(request: StandardRequest, shaping: Shaping): HttpRequest {
  const parameters = shapeParameters(request.parameters, shaping)
  const headers = mergeHeaders(request.headers, shaping.headers)
  delete headers['content-type']
  const { method } = shaping
  if (shaping.format === 'none') return { method, url: request.url, headers, body: null }
  if (method === 'GET' || shaping.format === 'query') {
    return { method, url: withQuery(request.url, parameters), headers, body: null }
  }
  if (shaping.format === 'json') {
    headers['content-type'] = 'application/json'
    return { method, url: request.url, headers, body: JSON.stringify(asObject(parameters)) }
  }
  headers['content-type'] = 'application/x-www-form-urlencoded'
  return { method, url: request.url, headers, body: new URLSearchParams(parameters).toString() }
}

/** Removes, adds and renames, in this order. */
export function shapeParameters(
  parameters: StandardRequest['parameters'],
  { omit, add, rename }: Pick<Shaping, 'omit' | 'add' | 'rename'>,
): Array<[string, string]> {
  const kept = parameters.filter(([name]) => !omit.includes(name) && !Object.hasOwn(add, name))
  return [...kept, ...Object.entries(add)].map(([name, value]) => [
    Object.hasOwn(rename, name) ? (rename[name] ?? name) : name,
    value,
  ])
}

/** Adds to a query without changing existing parameters. Spaces become %20, which every server accepts. */
export function withQuery(url: string, parameters: ReadonlyArray<readonly [string, string]>): string {
  if (parameters.length === 0) return url
  const target = new URL(url)
  for (const [name, value] of parameters) target.searchParams.append(name, value)
  target.search = target.search.replaceAll('+', '%20')
  return target.href
}

function mergeHeaders(
  base: Readonly<Record<string, string>>,
  over: Readonly<Record<string, string>>,
): Record<string, string> {
  const merged = [...Object.entries(base), ...Object.entries(over)]
  return Object.fromEntries(merged.map(([name, value]) => [name.toLowerCase(), value]))
}

/** A repeated parameter (resource) becomes a list. */
function asObject(parameters: ReadonlyArray<readonly [string, string]>): Record<string, string | string[]> {
  const object: Record<string, string | string[]> = {}
  for (const [name, value] of parameters) {
    const before = object[name]
    object[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value]
  }
  return object
}
