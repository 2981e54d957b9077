// What each provider demands, recorded apart from the presets and read without them: the tests compare the
// two. Nothing in this folder but compare-preset.ts knows the product.
import { readFileSync } from 'node:fs'

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }
export type Texts = Readonly<Record<string, string>>
export type DateAt = string | { path: string; format: 'epoch_seconds' | 'iso8601' | 'epoch_millis_string' }

export type CatalogRecord = {
  slug: string
  docsUrl: string | null
  developerConsoleUrl: string | null
  issuer: string | null
  authorizationUrl: string | null
  tokenUrl: string | null
  revocationUrl: string | null
  deviceAuthorizationUrl: string | null
  userinfoUrl: string | null
  identity: {
    method: 'GET' | 'POST'
    url: string
    headers: Texts
    body: Json
    labelPath: string
    idPath: string
  } | null
  apiBaseUrl: string | null
  templateParameters: ReadonlyArray<{
    name: string
    label: string
    required: boolean
    default: string | null
    example: string
    pattern: string | null
  }>
  defaultScopes: readonly string[]
  scopeSeparator: string
  pkce: 'S256' | 'required' | 'unsupported'
  clientAuthMethod: 'client_secret_basic' | 'client_secret_post' | 'none'
  publicClientPossible: boolean | 'unknown'
  tokenRequestFormat: 'form' | 'json'
  tokenResponsePaths: Texts
  extraAuthorizeParams: Texts
  extraTokenParams: Texts
  extraTokenHeaders: Texts
  extraApiHeaders: Texts
  accessTokenHeader: string | null
  refresh: {
    supported: boolean | 'optional' | 'partners only' | 'unknown'
    rotates: boolean | 'unknown'
    needsScope: string | null
    needsParam?: string
    expiryKnown: boolean
    accessTokenTtlSeconds?: number | null
    refreshTokenTtlSeconds?: number | null
    url?: string | null
    style?: 'standard' | 'exchange_access_token'
    method?: 'GET'
    params?: Texts
    omitParams?: readonly string[]
    sendRedirectUri?: boolean
    reuseGraceSeconds?: number
    minAgeSeconds?: number
  }
  redirectRules: {
    loopbackHttpAllowed: 'yes' | 'no' | 'unknown'
    anyPortAllowed: 'yes' | 'no' | 'unknown'
    customSchemeAllowed: 'yes' | 'no' | 'unknown'
    httpsRequired: 'yes' | 'no' | 'unknown'
    loopbackHosts?: readonly string[]
  }
  options: CatalogOptions
  confidence: 'documented' | 'catalog' | 'memory'
  endpointConfidence: 'documented' | 'catalog' | 'memory'
  memoryFields: readonly string[]
}

/** The deviations by the catalogue's own names; those that no test reads are left to the index. */
export type CatalogOptions = {
  addTokenParams?: Texts
  appRegistration?: { method: string; url: string; format: 'form'; fields: readonly string[] }
  authorizationServerMetadata?: string
  authorizeOptionalParams?: readonly string[]
  authorizeParamNames?: Texts
  callbackHmac?: { param: string }
  callbackHostMustMatch?: string
  callbackParams?: readonly string[]
  clientIdParam?: string
  clientSecretIsApiKey?: boolean
  codeLifetimeSeconds?: number
  confidentialAppsRejectPkce?: boolean
  confidentialAuthMethod?: 'client_secret_basic' | 'client_secret_post'
  deviceErrorAliases?: Texts
  deviceFlowWithoutSecret?: boolean
  deviceScopeParam?: string
  discoveryUrl?: string
  dropsUnknownScopesSilently?: boolean
  dynamicClientRegistration?: boolean | string
  expiresAtField?: DateAt
  grantedScopeInCallback?: string
  issuedAtField?: DateAt
  issuerPattern?: string
  issuerTrailingSlash?: boolean
  legacyTokenUrl?: string
  mandatoryTokenValidation?: { url: string; everySeconds: number; scheme: string }
  multipleTokensPerConnection?: boolean
  nativeAuthorizationUrl?: string
  noClientRegistration?: boolean
  noScopes?: boolean
  omitAuthorizeParams?: readonly string[]
  omitTokenParams?: readonly string[]
  optionalAuthorizeParams?: readonly string[]
  outOfBandCode?: string
  outOfBandRedirect?: string
  pkceChallengeEncoding?: 'hex'
  postExchange?: { method: 'GET'; url: string; params: Texts }
  publicClientBasicWithEmptySecret?: boolean
  publicClientMustNotSendSecret?: boolean
  refreshExpiresAtField?: DateAt
  refreshExpiresInField?: string
  refreshHardExpiresInField?: string
  regionHosts?: Texts
  resourceDiscovery?: {
    url: string
    itemsPath: string
    idPath: string
    labelPath: string
    urlPath?: string
    bindAs: string
  }
  responseEnvelope?: { dataPath: string; successField: string; successValue: number; errorPath: string }
  responseScopeField?: string
  responseScopeIsArray?: boolean
  responseScopeSeparator?: string
  revocation?: {
    method: string
    auth?: 'bearer' | 'client_secret_basic' | 'client_secret_post'
    authHeader?: string
    format?: 'form' | 'json'
    body?: Texts | null
    tokenParam?: string
    in?: 'query'
  }
  revocationRevokesAll?: boolean
  revokingRefreshTokenEndsConsent?: boolean
  sandboxApiBaseUrl?: string
  sandboxHost?: string
  scopeOnRefresh?: boolean
  scopesAreAdditive?: boolean
  scopesFixedOnApp?: boolean
  secondaryScopeParam?: { name: string; separator: string }
  secretNotConfidential?: boolean
  separatePublicClientId?: boolean
  stateInRedirectUri?: boolean
  stateMinLength?: number
  stripCodeSuffix?: string
  successField?: { path: string; value: boolean; errorPath: string }
  supported?: boolean
  tokenAliases?: readonly string[]
  tokenErrorInSuccessBody?: { errorField: string } | boolean
  tokenHostFromCallback?: string
  tokenUrlVersions?: readonly string[]
  userCanDropScopes?: boolean
  zeroExpiresInMeansNever?: boolean
}

export function readRecords(): readonly CatalogRecord[] {
  return JSON.parse(
    readFileSync(new URL('providers.json', import.meta.url), 'utf8'),
  ) as readonly CatalogRecord[]
}
