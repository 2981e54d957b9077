// Adapts token requests to a provider's spec.
import type { Secret } from '../../../../shared/contract/secret.ts'
import { fillMap, type TemplateValues } from '../../../../shared/domain/template.ts'
import { withSecrets } from '../templates.ts'
import type { HttpRequest } from '../transport/http-exchange.ts'
import type { ResolvedProvider } from '../types.ts'

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
