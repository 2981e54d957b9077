// What a record demands that no request shows: limits, lives, rules of the redirect, what rests on memory.
// Compared with the preset's data.
import { fullSpecOf, type Preset } from '../../../shared/contract/preset.ts'
import type { CatalogRecord, Json } from './record.ts'
import { unequal } from './wire-view.ts'

type Fact = [what: string, demanded: unknown, actual: unknown]

export function dataDifferences(preset: Preset, record: CatalogRecord): string[] {
  const facts = [
    ...links(preset, record),
    ...redirect(preset, record),
    ...refresh(preset, record),
    ...client(preset, record),
    ...scopes(preset, record),
    ...answers(preset, record),
  ]
  return [
    ...facts.flatMap(([what, demanded, actual]) => unequal(what, demanded as Json, actual as Json)),
    ...parameters(preset, record),
    ...regions(preset, record),
    ...olderAddresses(preset, record),
    ...memory(preset, record),
  ]
}

function links(preset: Preset, record: CatalogRecord): Fact[] {
  return [
    ['documentation', record.docsUrl, preset.docsUrl],
    ['console', record.developerConsoleUrl, preset.consoleUrl],
    ['confidence', record.confidence, preset.confidence],
  ]
}

function redirect(preset: Preset, record: CatalogRecord): Fact[] {
  const { redirect: rules, authorize } = fullSpecOf(preset)
  const { redirectRules: told, options } = record
  const outOfBand = options.outOfBandRedirect ?? (options.outOfBandCode === undefined ? null : 'omit')
  const hosts =
    told.loopbackHosts === undefined
      ? []
      : [['loopback names', [...told.loopbackHosts].sort(), [...rules.hosts].sort()] as Fact]
  return [
    ['loopback', told.loopbackHttpAllowed, rules.loopback],
    ['any port', told.anyPortAllowed, rules.anyPort],
    ['custom scheme', told.customSchemeAllowed, rules.customScheme],
    ['https wanted', told.httpsRequired, rules.httpsRequired],
    ['out of band', outOfBand, authorize.outOfBandRedirectUri],
    ...hosts,
  ]
}

const supported = {
  true: 'yes',
  false: 'no',
  optional: 'sometimes',
  'partners only': 'sometimes',
  unknown: 'unknown',
}
const yesNo = { true: 'yes', false: 'no', unknown: 'unknown' }

function refresh(preset: Preset, { refresh: told }: CatalogRecord): Fact[] {
  const { refresh: rules } = fullSpecOf(preset)
  return [
    ['refresh', supported[`${told.supported}`], rules.supported],
    ['rotation', yesNo[`${told.rotates}`], rules.rotates],
    ['scope for a refresh token', told.needsScope?.split(' ')[0] ?? null, rules.needsScope],
    ['seconds a token lives', told.accessTokenTtlSeconds ?? null, rules.accessTokenLifetimeSeconds],
    ['seconds a refresh token lives', told.refreshTokenTtlSeconds ?? null, rules.refreshTokenLifetimeSeconds],
    ['seconds of grace', told.reuseGraceSeconds ?? 0, rules.reuseGraceSeconds],
    ['seconds of age before a refresh', told.minAgeSeconds ?? 0, rules.minAgeSeconds],
    ...(told.needsParam === undefined
      ? []
      : [['parameter for a refresh token', told.needsParam, rules.needsParam] as Fact]),
  ]
}

function client(preset: Preset, { options, publicClientPossible, pkce }: CatalogRecord): Fact[] {
  const { client: rules, authorize } = fullSpecOf(preset)
  return [
    ['client without secret', yesNo[`${publicClientPossible}`], rules.publicPossible],
    ['PKCE required', pkce === 'required', authorize.pkceRequired],
    ['secret that is an API key', options.clientSecretIsApiKey ?? false, rules.secretIsApiKey],
    ['secret that is none', options.secretNotConfidential ?? false, rules.secretNotConfidential],
    ['no registration', options.noClientRegistration ?? false, rules.noRegistration],
    ['registration by programs', options.dynamicClientRegistration !== undefined, rules.dynamicRegistration],
    ...(options.publicClientMustNotSendSecret === true
      ? [['secret refused', true, rules.mustNotSendSecret] as Fact]
      : []),
    ...(options.separatePublicClientId === true
      ? [['another client id', true, rules.separatePublicClient] as Fact]
      : []),
  ]
}

function scopes(preset: Preset, record: CatalogRecord): Fact[] {
  const { scopes: rules, authorize } = fullSpecOf(preset)
  const { options } = record
  return [
    ['scopes', record.defaultScopes, preset.defaultScopes],
    ['scopes set on the app', options.scopesFixedOnApp ?? false, rules.fixedOnApp],
    ['scopes that add up', options.scopesAreAdditive ?? false, rules.additive],
    ['callback parameter with scopes', options.grantedScopeInCallback ?? null, rules.grantedInCallback],
    ['callback parameters', options.callbackParams ?? [], authorize.callbackParams],
    ['callback host', options.callbackHostMustMatch ?? null, authorize.callbackHostMustMatch],
    ...(options.userCanDropScopes === true
      ? [['scopes may be dropped', true, rules.userMayDrop] as Fact]
      : []),
    ...(options.dropsUnknownScopesSilently === true
      ? [['scopes vanish', true, rules.dropsUnknownSilently] as Fact]
      : []),
  ]
}

function answers(preset: Preset, { options }: CatalogRecord): Fact[] {
  const { authorize, token, discovery, revocation } = fullSpecOf(preset)
  const all = options.revocationRevokesAll === true || options.revokingRefreshTokenEndsConsent === true
  const told = options.tokenErrorInSuccessBody
  return [
    ['shortest state', options.stateMinLength ?? 0, authorize.stateMinLength],
    ...(options.codeLifetimeSeconds === undefined
      ? []
      : [['seconds a code lives', options.codeLifetimeSeconds, authorize.codeLifetimeSeconds] as Fact]),
    ['issue time', options.issuedAtField !== undefined, token.issuedAt !== null],
    ['issuer of tenants', options.issuerPattern ?? null, discovery.issuerPattern],
    ['issuer with a slash', options.issuerTrailingSlash ?? false, discovery.issuerTrailingSlash],
    ...(typeof told === 'object'
      ? [['error in a 200', told.errorField, token.errorInSuccess?.errorPath ?? null] as Fact]
      : []),
    ...(all ? [['revocation ends all', true, revocation?.revokesAll ?? false] as Fact] : []),
  ]
}

function parameters(preset: Preset, record: CatalogRecord): string[] {
  const own = fullSpecOf(preset).templateParameters
  return record.templateParameters.flatMap((told) => {
    const found = own.find(({ name }) => name === told.name)
    if (found === undefined) return [`parameter ${told.name} is missing`]
    const { label, required, default: value, example, pattern } = found
    return [
      ...unequal(
        `parameter ${told.name}`,
        { label: told.label, required: told.required, default: told.default, example: told.example },
        { label, required, default: value, example },
      ),
      ...unequal(`pattern of ${told.name}`, told.pattern, pattern),
    ]
  })
}

/** Other hosts for a region or a sandbox can be chosen, not only known. */
function regions(preset: Preset, { options }: CatalogRecord): string[] {
  const { sandboxHost, sandboxApiBaseUrl, regionHosts } = options
  const hosts = [
    ...(sandboxHost === undefined ? [] : [sandboxHost]),
    ...(sandboxApiBaseUrl === undefined ? [] : [new URL(sandboxApiBaseUrl).host]),
    ...Object.values(regionHosts ?? {}),
  ]
  const offered = new Set(fullSpecOf(preset).templateParameters.flatMap(({ suggestions }) => suggestions))
  return hosts.filter((host) => !offered.has(host)).map((host) => `host ${host} is not offered`)
}

function olderAddresses(preset: Preset, { options, tokenUrl }: CatalogRecord): string[] {
  const { alternatives } = fullSpecOf(preset).token
  const paths = (options.tokenUrlVersions ?? []).map((path) => new URL(path, tokenUrl ?? undefined).href)
  const told = [...(options.legacyTokenUrl === undefined ? [] : [options.legacyTokenUrl]), ...paths]
  return told
    .filter((url) => url !== tokenUrl && !alternatives.includes(url))
    .map((url) => `token address ${url} is missing`)
}

/** Where a record's field went in the preset. */
const places: Readonly<Record<string, string>> = {
  accessTokenHeader: 'api.tokenHeader',
  defaultScopes: 'defaultScopes',
  deviceAuthorizationUrl: 'endpoints.deviceAuthorization',
  extraApiHeaders: 'api.headers',
  extraTokenParams: 'token.extraParams',
  identity: 'account',
  issuer: 'discovery.issuer',
  options: 'token.refreshExpiresIn',
  'options.deviceScopeParam': 'device.scopeParam',
  'options.discoveryUrl': 'discovery.url',
  'options.issuedAtField': 'token.issuedAt',
  'options.publicClientMustNotSendSecret': 'client.mustNotSendSecret',
  'options.rejectsPkceOnStandardEndpoint': 'authorize.pkceWithSecret',
  'options.responseScopeField': 'token.paths.scope',
  'options.revocation': 'revocation',
  'options.spaRedirectNeedsOriginHeader': 'token.headers',
  'options.stateMinLength': 'authorize.stateMinLength',
  'options.stripCodeSuffix': 'authorize.stripCodeSuffix',
  'options.tokenAliases': 'token.accessTokenAliases',
  'options.tokenErrorInSuccessBody': 'token.errorInSuccess',
  'options.zeroExpiresInMeansNever': 'token.zeroExpiresInMeansNever',
  pkce: 'authorize.pkce',
  publicClientPossible: 'client.publicPossible',
  redirectRules: 'redirect',
  'redirectRules.anyPortAllowed': 'redirect.anyPort',
  'redirectRules.customSchemeAllowed': 'redirect.customScheme',
  refresh: 'refresh',
  'refresh.accessTokenTtlSeconds': 'refresh.accessTokenLifetimeSeconds',
  'refresh.refreshTokenTtlSeconds': 'refresh.refreshTokenLifetimeSeconds',
  'refresh.rotates': 'refresh.rotates',
  revocationUrl: 'endpoints.revocation',
  tokenResponsePaths: 'token.paths',
  userinfoUrl: 'endpoints.userinfo',
}

/** What rests on memory, or is unknown, is shown as unsure. */
function memory(preset: Preset, record: CatalogRecord): string[] {
  const remembered = record.memoryFields.map((field) => places[field] ?? `no place for ${field}`)
  const unknown = [
    ...(record.redirectRules.loopbackHttpAllowed === 'unknown' ? ['redirect.loopback'] : []),
    ...(record.publicClientPossible === 'unknown' ? ['client.publicPossible'] : []),
    ...(record.endpointConfidence !== 'documented' && record.tokenUrl !== null ? ['endpoints.token'] : []),
  ]
  return [...remembered, ...unknown]
    .filter((path) => saysSomething(preset, path) && !isUnsure(preset, path))
    .map((path) => `${path} is not marked as unsure`)
}

export function isUnsure({ unsure }: Preset, path: string): boolean {
  return unsure.some((marked) => path === marked || path.startsWith(`${marked}.`))
}

/** A record may remember what the preset has no use for. */
function saysSomething(preset: Preset, path: string): boolean {
  return path !== 'token.paths' || Object.keys(fullSpecOf(preset).token.paths).length > 0
}
