// The interface of the OAuth client: one client for every provider, driven by the provider's spec. Expected
// outcomes are data. snake_case names of OAuth do not leave this folder.
import type { ProviderSpec } from '../../../shared/contract/provider-spec.ts'
import type { ProviderInputDraft } from '../../../shared/contract/provider.ts'
import type { Secret } from '../../../shared/contract/secret.ts'
import type { ProviderCheckStep } from '../../../shared/contract/ui-api.ts'
import type { Clock, HttpFetch, Logger } from '../ports.ts'

/** A provider ready for requests: complete spec, decrypted secret. */
export type ResolvedProvider = {
  id: string
  slug: string
  name: string
  clientId: string
  clientSecret: Secret | null
  /** The private keys for `private_key_jwt` as JSON, newest first. */
  clientKeys?: Secret | null
  spec: ProviderSpec
  parameters: Readonly<Record<string, string>>
  extraCa: string | null
}

/**
 * A token response in one form, whatever the server sent (RFC 6749 5.1 and the spec's paths). Times are epoch
 * milliseconds by the local clock.
 */
export type TokenResponse = {
  accessToken: Secret
  tokenType: string
  /** Null: the response has none; keep the previous one. */
  refreshToken: Secret | null
  idToken: Secret | null
  receivedAt: number
  expiresAt: number | null
  lifetimeSeconds: number | null
  refreshTokenExpiresAt: number | null
  /** Null: the response has none, so the granted scopes are the requested ones (RFC 6749 5.1). */
  scopes: string[] | null
  /** Non-secret values for templates and display ({token.x}, {callback.x}). */
  values: Readonly<Record<string, string>>
  accountId: string | null
  accountLabel: string | null
  /** Private JWK if the tokens are DPoP-bound. */
  dpopKey: Readonly<Record<string, unknown>> | null
  second: {
    accessToken: Secret
    refreshToken: Secret | null
    expiresAt: number | null
    scopes: string[] | null
  } | null
  /** Server clock minus local clock in milliseconds, from the Date header; null if unknown. */
  clockSkewMs: number | null
}

/** The field of a provider whose change may help, with the next step. */
type Setting = { field: string; nextStep: string }

/**
 * The outcomes of a token request. `ended`: the authorization was revoked or has expired. `refused`: a
 * rejection other than `invalid_grant`, which the caller confirms with a second request.
 * `code` is the provider's own code (invalid_grant, interaction_required …), or `http_<status>` without one.
 * Unreadable responses: html_answer, torn_answer, text_answer, empty_answer, odd_answer, no_token_in_answer,
 * answer_too_large, redirected. Network: unreachable, network_error, timeout, aborted, tls_failure,
 * unsafe_address, setup. Others: id_token_invalid, dpop_ignored, no_refresh_token, and KeywayError codes for
 * errors before the request.
 * `message` is a sentence; for `ended` it is the provider's description alone.
 */
export type TokenOutcome =
  /** `withoutResource`: the provider refused `resource` and took the request without it. */
  | { kind: 'ok'; response: TokenResponse; withoutResource?: boolean }
  /**
   * `sent`: false only when the request certainly never left, so that the refresh token is certainly unused.
   */
  | {
      kind: 'retry'
      code: string
      message: string
      retryAfterMs: number | null
      sent: boolean
      setting?: Setting
    }
  | { kind: 'ended'; code: string; message: string; setting?: Setting }
  | { kind: 'refused'; code: string; message: string; setting?: Setting }
  | { kind: 'config_error'; code: string; message: string; nextStep: string }

/** What is kept between the authorization request and the callback. Memory only. */
export type AuthorizationState = {
  readonly state: string
  readonly redirectUri: string | null
  readonly createdAt: number
  /** The server's issuer if known. A code that was pasted alone has no `iss`, so the caller adds this one. */
  readonly issuer?: string | null
  /** Private to the client: verifier, nonce, DPoP key. */
  readonly inner: unknown
}

export type AuthorizeRequest = {
  redirectUri: string | null
  scopes: readonly string[]
  secondaryScopes: readonly string[]
  loginHint: string | null
  prompt: 'none' | 'consent' | 'select_account' | 'login' | null
  /** Values of the spec's optional parameters. */
  optionalParams: Readonly<Record<string, string>>
}

export type RefreshRequest = {
  refreshToken: Secret | null
  accessToken: Secret
  scopes: readonly string[]
  redirectUri: string | null
  dpopKey: Readonly<Record<string, unknown>> | null
  values: Readonly<Record<string, string>>
}

export type DeviceCode = {
  userCode: string
  verificationUri: string
  verificationUriComplete: string | null
  intervalSeconds: number
  expiresAt: number
  readonly inner: unknown
}

export type Identity = { id: string | null; label: string | null }

export type RegisteredClient = {
  clientId: string
  clientSecret: Secret | null
  auth: Exclude<ProviderSpec['client']['auth'], 'auto'>
  /** The private key whose public part was registered, as JSON; null if the client has none. */
  clientKeys: Secret | null
  /** When the client secret ends, in epoch milliseconds; null: never, or not told. */
  clientSecretExpiresAt?: number | null
  /** The server binds the tokens of this client to a key (RFC 9449 5.2). */
  isDpopBound?: boolean
  /** The loopback name in the registered redirect URI, if the server did not take the planned one. */
  redirectHost?: 'localhost' | '127.0.0.1' | null
  /** JSON {accessToken, uri} for RFC 7592; null if the server returned none. */
  registration: Secret | null
}

/** What a dynamic registration gave besides id and secret. */
export type RegistrationSecrets = Pick<
  RegisteredClient,
  'registration' | 'clientKeys' | 'clientSecretExpiresAt'
>

export type ApiCredential = {
  accessToken: Secret
  tokenType: string
  dpopKey: Readonly<Record<string, unknown>> | null
  values: Readonly<Record<string, string>>
}

/** The input of a provider check that is not part of the provider's description. */
export type ProviderCheckRequest = {
  redirectUri: string | null
  /** False if the person chose the host of the redirect URI. */
  choosesHost: boolean
  scopes: readonly string[]
  flow: 'authorization_code' | 'device_code' | 'client_credentials'
}

export type OAuthClient = {
  /**
   * Builds the authorization URL (RFC 6749 4.1.1; PAR if required) with a fresh state, nonce and PKCE
   * verifier.
   */
  authorize(
    provider: ResolvedProvider,
    request: AuthorizeRequest,
    signal?: AbortSignal,
  ): Promise<{ url: string; authorizationState: AuthorizationState }>
  /**
   * Validates the callback (`iss` per RFC 9207, error, HMAC, duplicates; the caller checks the state) and
   * exchanges the code.
   * @throws KeywayError access_denied | issuer_mismatch | provider_error | invalid_request
   */
  exchange(
    provider: ResolvedProvider,
    transaction: AuthorizationState,
    callback: URLSearchParams,
    signal?: AbortSignal,
  ): Promise<TokenOutcome>
  refresh(provider: ResolvedProvider, request: RefreshRequest, signal?: AbortSignal): Promise<TokenOutcome>
  clientCredentials(
    provider: ResolvedProvider,
    scopes: readonly string[],
    signal?: AbortSignal,
  ): Promise<TokenOutcome>
  startDevice(
    provider: ResolvedProvider,
    scopes: readonly string[],
    signal?: AbortSignal,
  ): Promise<DeviceCode>
  /**
   * Polls until the person decides.
   * @throws KeywayError access_denied if denied | flow_expired if expired
   */
  pollDevice(provider: ResolvedProvider, device: DeviceCode, signal: AbortSignal): Promise<TokenOutcome>
  /** RFC 7009 or the spec's own request, refresh token first, at most 3 s. Never throws. */
  revoke(
    provider: ResolvedProvider,
    tokens: RefreshRequest,
  ): Promise<{ revoked: 'at_provider' | 'not_supported' | 'failed'; message: string }>
  /**
   * The identity from id_token claims (validated by the exchange), userinfo, or the spec's identity call.
   * Null values if unknown. `values` are {identity.x}.
   */
  identify(
    provider: ResolvedProvider,
    credential: ApiCredential & { idToken: Secret | null },
    signal?: AbortSignal,
  ): Promise<Identity & { values: Record<string, string> }>
  listResources(
    provider: ResolvedProvider,
    credential: ApiCredential,
    signal?: AbortSignal,
  ): Promise<Array<{ id: string; label: string; url: string | null }>>
  /** Name and value of the header that carries the token to the API, with a fresh DPoP proof. */
  apiHeaders(
    provider: ResolvedProvider,
    credential: ApiCredential,
    request: { method: string; url: string; nonce: string | null },
  ): Promise<Array<[name: string, value: string]>>
  /** OIDC Discovery, RFC 8414, RFC 9728 and RFC 7591, starting from one address. */
  discover(
    url: string,
    options: { redirectUris: readonly string[]; extraCa?: string | null; signal?: AbortSignal },
  ): Promise<{
    draft: ProviderInputDraft
    registered: RegistrationSecrets | null
    steps: ProviderCheckStep[]
    missing: string[]
  }>
  /**
   * Registers a client for Keyway, through the provider's registration API or RFC 7591, so that the person
   * needs no developer console.
   * @throws KeywayError config_error (no registration offered) | provider_error | provider_response_invalid |
   * provider_unreachable
   */
  register(
    provider: ResolvedProvider,
    options: { redirectUris: readonly string[]; scopes: readonly string[] },
    signal?: AbortSignal,
  ): Promise<RegisteredClient>
  /**
   * Validates a token, as some providers require regularly (`account.validation`). Never throws; `unknown` if
   * the provider gives no clear answer.
   */
  validate(
    provider: ResolvedProvider,
    credential: ApiCredential,
    signal?: AbortSignal,
  ): Promise<'valid' | 'invalid' | 'unknown'>
  checkProvider(
    provider: ResolvedProvider,
    about: ProviderCheckRequest,
    signal?: AbortSignal,
  ): Promise<ProviderCheckStep[]>
  /** Drops cached discovery failures, so that a retry by the person sends the requests again. */
  forgetFailures(): void
}

export type OAuthDeps = {
  /** The fetch for all requests of a provider, which may trust certificate authorities of its own. */
  fetchFor(extraCa: string | null): HttpFetch
  clock: Clock
  logger: Logger
  /** Sent with every request; {user_agent} in templates. */
  userAgent: string
  /** {app_name} in templates. Default: Keyway. */
  appName?: string
  /** {contact_email} in templates, for services that require one in the User-Agent. Default: none. */
  contactEmail?: string
  /**
   * The address of Keyway's published client metadata document, for servers that accept such client ids.
   * Default: none.
   */
  clientMetadataUrl?: string
}

export const TOKEN_DEADLINE_MS = 15_000
/**
 * Longer than any caller waits. A refresh that is aborted just before its response arrives has used a
 * rotating refresh token and lost the new one.
 */
export const REFRESH_DEADLINE_MS = 20_000
export const DISCOVERY_DEADLINE_MS = 10_000
export const REVOCATION_DEADLINE_MS = 3000
