// What a provider answers by its record, and what has to be understood of it.
import { FIRST, LONGER, SECOND } from './demand-token.ts'
import { takesScopes } from './demand-authorization.ts'
import { fill, put } from './placeholders.ts'
import { ACCOUNT, CLIENT_ID, inIdentityReply, inTokenReply, knownValues, type Setup } from './person.ts'
import type { CatalogRecord, DateAt } from './record.ts'

export type Reply = { status: number; text: string }

const TENANT = '9122040d-6c67-4c5b-b112-36a304b66dad'
const REFRESH_LIFE_SECONDS = 1_000_000
const LIFE_SECONDS = 3600
export const USER_TOKEN = { access: 'made-up-user-access', refresh: 'made-up-user-refresh' }

export const json = (body: unknown, status = 200): Reply => ({ status, text: JSON.stringify(body) })

/** The issuer that tokens and callbacks name; shared tenants name the account's own. */
export function issuerOf(record: CatalogRecord, setup: Setup): string | null {
  if (record.issuer === null) return null
  return fill(record.options.issuerPattern ?? record.issuer, {
    ...knownValues(record, setup),
    tenantid: TENANT,
  })
}

export type Moment = {
  record: CatalogRecord
  setup: Setup
  step: 'exchange' | 'refresh'
  nonce: string | null
}

export function tokenReply({ record, setup, step, nonce }: Moment): Reply {
  const { options, tokenResponsePaths: paths } = record
  const body: Record<string, unknown> = {}
  const tokens = step === 'exchange' ? FIRST : SECOND
  put(body, paths['accessToken'] ?? options.tokenAliases?.at(-1) ?? 'access_token', tokens.access)
  put(body, paths['tokenType'] ?? 'token_type', 'Bearer')
  if (hasRefreshToken(record)) put(body, paths['refreshToken'] ?? 'refresh_token', tokens.refresh)
  putLife(body, record)
  if (tellsScopes(record)) {
    const separator = options.responseScopeSeparator ?? record.scopeSeparator
    const scopes =
      options.responseScopeIsArray === true ? record.defaultScopes : record.defaultScopes.join(separator)
    put(body, options.responseScopeField ?? paths['scope'] ?? 'scope', scopes)
  }
  for (const [name, value] of Object.entries(inTokenReply(record))) put(body, name, value)
  if (paths['accountLabel'] !== undefined) put(body, paths['accountLabel'], ACCOUNT.label)
  if (paths['accountId'] !== undefined) put(body, paths['accountId'], ACCOUNT.id)
  if (options.multipleTokensPerConnection === true) {
    put(body, paths['userAccessToken'] ?? '', USER_TOKEN.access)
    put(body, paths['userRefreshToken'] ?? '', USER_TOKEN.refresh)
    put(body, paths['userExpiresIn'] ?? '', LIFE_SECONDS)
    put(body, paths['userScope'] ?? '', ['second.one', 'second.two'].join(record.scopeSeparator))
  }
  const { responseEnvelope, successField, issuedAtField } = options
  if (responseEnvelope !== undefined) put(body, responseEnvelope.successField, responseEnvelope.successValue)
  if (successField !== undefined) put(body, successField.path, successField.value)
  if (issuedAtField !== undefined) putDate(body, issuedAtField, 0)
  const issuer = issuerOf(record, setup)
  if (issuer !== null && record.defaultScopes.includes('openid')) body['id_token'] = idToken(issuer, nonce)
  return json(body)
}

function putLife(
  body: Record<string, unknown>,
  { options, tokenResponsePaths: paths, refresh }: CatalogRecord,
): void {
  if (options.zeroExpiresInMeansNever === true) put(body, 'expires_in', 0)
  if (refresh.expiryKnown && options.expiresAtField !== undefined)
    putDate(body, options.expiresAtField, lifeOf(refresh))
  else if (refresh.expiryKnown) put(body, paths['expiresIn'] ?? 'expires_in', lifeOf(refresh))
  const { refreshExpiresInField, refreshHardExpiresInField, refreshExpiresAtField } = options
  if (refreshExpiresInField !== undefined) put(body, refreshExpiresInField, REFRESH_LIFE_SECONDS)
  if (refreshHardExpiresInField !== undefined) put(body, refreshHardExpiresInField, REFRESH_LIFE_SECONDS * 20)
  if (refreshExpiresAtField !== undefined) putDate(body, refreshExpiresAtField, REFRESH_LIFE_SECONDS)
}

function lifeOf(refresh: CatalogRecord['refresh']): number {
  return refresh.accessTokenTtlSeconds ?? LIFE_SECONDS
}

/** A server that knows no scopes tells none. */
function tellsScopes(record: CatalogRecord): boolean {
  return takesScopes(record) || record.options.responseScopeField !== undefined
}

export function hasRefreshToken({ refresh }: CatalogRecord): boolean {
  return refresh.supported !== false && refresh.style !== 'exchange_access_token'
}

function putDate(body: Record<string, unknown>, at: DateAt, seconds: number): void {
  const { path, format } = typeof at === 'string' ? { path: at, format: 'epoch_seconds' } : at
  const moment = Date.now() + seconds * 1000
  const value =
    format === 'iso8601'
      ? new Date(moment).toISOString()
      : format === 'epoch_seconds'
        ? Math.round(moment / 1000)
        : String(moment)
  put(body, path, value)
}

function idToken(issuer: string, nonce: string | null): string {
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    iss: issuer,
    aud: CLIENT_ID,
    sub: ACCOUNT.id,
    tid: TENANT,
    iat: now,
    exp: now + LIFE_SECONDS,
    email: ACCOUNT.label,
    ...(nonce === null ? {} : { nonce }),
  }
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'RS256', kid: 'made-up' })}.${part(claims)}.bWFkZS11cA`
}

/** A token that lives longer, instead of the first or the one before. */
export const longerReply = (accessToken: string): Reply =>
  json({ access_token: accessToken, token_type: 'bearer', expires_in: LIFE_SECONDS * 24 })

export function metadataReply(record: CatalogRecord, setup: Setup, address: string): Reply {
  const at = (template: string | null): string | undefined =>
    template === null ? undefined : fill(template, knownValues(record, setup))
  return json({
    issuer: record.options.issuerPattern ?? at(record.issuer) ?? address.replace(/\/\.well-known\/.*$/, ''),
    authorization_endpoint: at(record.authorizationUrl),
    token_endpoint: at(record.tokenUrl),
    revocation_endpoint: at(record.revocationUrl),
    device_authorization_endpoint: at(record.deviceAuthorizationUrl),
    userinfo_endpoint: at(record.userinfoUrl),
    jwks_uri: new URL('/keys', address).href,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    authorization_response_iss_parameter_supported: true,
  })
}

export function identityReply(record: CatalogRecord): Reply {
  const { identity } = record
  if (identity === null) return json({})
  const whole: Record<string, unknown> = {}
  put(whole, identity.labelPath, ACCOUNT.label)
  if (identity.idPath !== identity.labelPath) put(whole, identity.idPath, ACCOUNT.id)
  for (const [path, value] of Object.entries(inIdentityReply(record))) put(whole, path, value)
  if (record.options.successField !== undefined) put(whole, record.options.successField.path, true)
  return json(identity.labelPath.startsWith('[') ? Object.values(whole) : whole)
}

export const RESOURCES = [
  { id: 'site-1', label: 'First site', url: 'https://first.example.test' },
  { id: 'site-2', label: 'Second site', url: 'https://second.example.test' },
]

export const RESOURCES_WITHOUT_ADDRESS = RESOURCES.map(({ id, label }) => ({ id, label, url: null }))

export function resourceReply({ options: { resourceDiscovery: rule } }: CatalogRecord): Reply {
  if (rule === undefined) return json([])
  const items = RESOURCES.map(({ id, label, url }) => {
    const item: Record<string, unknown> = {}
    put(item, rule.idPath, id)
    put(item, rule.labelPath, label)
    if (rule.urlPath !== undefined) put(item, rule.urlPath, url)
    return item
  })
  if (rule.itemsPath === '$') return json(items)
  const whole: Record<string, unknown> = {}
  put(whole, rule.itemsPath, items)
  return json(whole)
}

export function revocationReply({ options }: CatalogRecord): Reply {
  const whole: Record<string, unknown> = {}
  if (options.successField !== undefined) put(whole, options.successField.path, true)
  if (options.responseEnvelope !== undefined)
    put(whole, options.responseEnvelope.successField, options.responseEnvelope.successValue)
  return json(whole)
}

/** What the product must have understood of the reply. Times in seconds from now; null: nothing is known. */
type Understood = {
  accessToken: string
  refreshToken: string | null
  lifeSeconds: number | null
  refreshLifeSeconds: number | null
  scopes: readonly string[] | null
  accountId: string | null
  accountLabel: string | null
  secondToken: string | null
}

export function understoodOf({ record, step }: Pick<Moment, 'record' | 'step'>): Understood {
  const { options, tokenResponsePaths: paths, refresh, defaultScopes } = record
  const exchanged = options.postExchange !== undefined || refresh.style === 'exchange_access_token'
  const tokens = step === 'exchange' ? FIRST : SECOND
  const told = [
    options.refreshExpiresInField,
    options.refreshHardExpiresInField,
    options.refreshExpiresAtField,
  ]
  const scopes =
    step === 'exchange' && options.grantedScopeInCallback !== undefined
      ? defaultScopes.slice(0, 1)
      : defaultScopes
  return {
    accessToken: exchanged && step === 'exchange' ? LONGER : tokens.access,
    refreshToken: hasRefreshToken(record) ? tokens.refresh : null,
    lifeSeconds: exchanged ? LIFE_SECONDS * 24 : refresh.expiryKnown ? lifeOf(refresh) : null,
    refreshLifeSeconds: told.some((field) => field !== undefined) ? REFRESH_LIFE_SECONDS : null,
    scopes: !tellsScopes(record) || (exchanged && step === 'refresh') ? null : scopes,
    accountId: paths['accountId'] === undefined ? null : ACCOUNT.id,
    accountLabel: paths['accountLabel'] === undefined ? null : ACCOUNT.label,
    secondToken: options.multipleTokensPerConnection === true ? USER_TOKEN.access : null,
  }
}
