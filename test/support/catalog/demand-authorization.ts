import { fill, fillAll } from './placeholders.ts'
import { CLIENT_ID, knownValues, REDIRECT_URI, type Setup } from './person.ts'
import type { CatalogRecord } from './record.ts'
import { SOMETHING, splitUrl, type Demand } from './wire-view.ts'

type Asked = {
  scopes: readonly string[]
  secondaryScopes: readonly string[]
  optional: Readonly<Record<string, string>>
}

/**
 * What a sign-in asks for in these tests: the record's scopes, and something in every place that the record
 * offers.
 */
export function askedOf({ defaultScopes, options }: CatalogRecord): Asked {
  const offered = [...(options.optionalAuthorizeParams ?? []), ...(options.authorizeOptionalParams ?? [])]
  return {
    scopes: defaultScopes,
    secondaryScopes: options.secondaryScopeParam === undefined ? [] : ['second.one', 'second.two'],
    optional: Object.fromEntries(
      offered.filter((name) => name !== 'prompt').map((name) => [name, `typed-${name}`]),
    ),
  }
}

/** Whether the record has the server take a scope parameter at all. */
export function takesScopes({ options }: CatalogRecord): boolean {
  return !options.noScopes && !options.scopesFixedOnApp && !options.omitAuthorizeParams?.includes('scope')
}

/** The kind of PKCE for this kind of client: null is none. */
export function pkceOf({ pkce, options }: CatalogRecord, { secret }: Setup): 'base64url' | 'hex' | null {
  if (options.nativeAuthorizationUrl !== undefined && secret === null) return 'base64url'
  if (options.confidentialAppsRejectPkce === true && secret !== null) return null
  if (pkce === 'unsupported') return null
  return options.pkceChallengeEncoding ?? 'base64url'
}

export function authorizationDemand(record: CatalogRecord, setup: Setup, state: string): Demand {
  const { options } = record
  const values = knownValues(record, setup)
  const native = setup.secret === null ? options.nativeAuthorizationUrl : undefined
  const asked = askedOf(record)
  const redirect = new URL(REDIRECT_URI)
  if (options.stateInRedirectUri === true) redirect.searchParams.set('state', state)
  const standard: Record<string, string> = {
    client_id: CLIENT_ID,
    response_type: 'code',
    redirect_uri: redirect.href,
    state,
    ...(takesScopes(record) && asked.scopes.length > 0
      ? { scope: asked.scopes.join(record.scopeSeparator) }
      : {}),
    ...(pkceOf(record, setup) === null ? {} : { code_challenge: SOMETHING, code_challenge_method: 'S256' }),
    ...(takesScopes(record) && asked.scopes.includes('openid') ? { nonce: SOMETHING } : {}),
  }
  const renamed: Record<string, string> = {
    client_id: options.clientIdParam ?? 'client_id',
    ...options.authorizeParamNames,
  }
  const kept = Object.entries(standard).filter(([name]) => !options.omitAuthorizeParams?.includes(name))
  const second = options.secondaryScopeParam
  const { url, query } = splitUrl(fill(native ?? record.authorizationUrl ?? '', values))
  return {
    method: 'GET',
    url,
    query: {
      ...query,
      ...Object.fromEntries(kept.map(([name, value]) => [renamed[name] ?? name, value])),
      ...(second === undefined ? {} : { [second.name]: asked.secondaryScopes.join(second.separator) }),
      ...asked.optional,
      ...fillAll(record.extraAuthorizeParams, values),
    },
    headers: {},
    format: 'none',
    fields: {},
  }
}
