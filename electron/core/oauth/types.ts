// What the rest of the core asks of OAuth: one client for every provider, driven by its spec. Expected
// outcomes are data; OAuth's own words (snake_case) stay behind this line.
import type { ProviderSpec } from '../../../shared/contract/provider-spec.ts'
import type { ProviderInputDraft } from '../../../shared/contract/provider.ts'
import type { Secret } from '../../../shared/contract/secret.ts'
import type { ProviderCheckStep } from '../../../shared/contract/ui-api.ts'
import type { Clock, HttpFetch, Logger } from '../ports.ts'

/** A provider ready to be spoken to: spec in full, secret opened. */
export type ResolvedProvider = {
  id: string
  slug: string
  name: string
  clientId: string
  clientSecret: Secret | null
  spec: ProviderSpec
  parameters: Readonly<Record<string, string>>
  extraCa: string | null
}

/**
 * One token reply in one shape, whatever the server sent (RFC 6749 5.1 and the spec's paths). Times are epoch
 * ms by the local clock.
 */
export type TokenResponse = {
  accessToken: Secret
  tokenType: string
  /** Null: the answer had none; keep the old one. */
  refreshToken: Secret | null
  idToken: Secret | null
  receivedAt: number
  expiresAt: number | null
  lifetimeSeconds: number | null
  refreshTokenExpiresAt: number | null
  /** Null: the answer did not say, so granted = requested (RFC 6749 5.1). */
  scopes: string[] | null
  /** Non-secret values for templates and display ({token.x}, {callback.x}). */
  values: Readonly<Record<string, string>>
  accountId: string | null
  accountLabel: string | null
  /** Private JWK when the tokens are DPoP-bound. */
  dpopKey: Readonly<Record<string, unknown>> | null
  second: {
    accessToken: Secret
    refreshToken: Secret | null
    expiresAt: number | null
    scopes: string[] | null
  } | null
  /** Server clock minus local clock as the Date header tells, or null. */
  clockSkewMs: number | null
}

/**
 * The four outcomes of a token request (product.md); `refused` is a refusal that is not `invalid_grant` and
 * wants one confirmation.
 *
 * Codes: the provider's own where it gave one (invalid_grant, interaction_required …); `http_<status>` where
 * it gave only a status; for what cannot be read html_answer, torn_answer, text_answer, empty_answer,
 * odd_answer, no_token_in_answer, answer_too_large, redirected; for the way there unreachable, network_error,
 * timeout, aborted, tls_failure, unsafe_address, setup; id_token_invalid, dpop_ignored, no_refresh_token; and
 * KeywayError codes for what was wrong before a request could be made. `message` is a sentence, but for
 * `ended` the provider's words alone.
 */
export type TokenOutcome =
  | { kind: 'ok'; response: TokenResponse }
  /**
   * `sent`: false only when the request certainly never left, so that the refresh token is certainly unused.
   */
  | { kind: 'retry'; code: string; message: string; retryAfterMs: number | null; sent: boolean }
  | { kind: 'ended'; code: string; message: string }
  | { kind: 'refused'; code: string; message: string }
  | { kind: 'config_error'; code: string; message: string; nextStep: string }

/** What must be remembered between sending the browser away and its return. Lives in memory only. */
export type AuthorizationState = {
  readonly state: string
  readonly redirectUri: string | null
  readonly createdAt: number
  /**
   * The server's issuer where it is known: an answer pasted as a bare code has no `iss`, and is given this
   * one by whoever pastes it.
   */
  readonly issuer?: string | null
  /** Everything else is the client's own business (verifier, nonce, DPoP key). */
  readonly inner: unknown
}

export type AuthorizeRequest = {
  redirectUri: string | null
  scopes: readonly string[]
  secondaryScopes: readonly string[]
  loginHint: string | null
  prompt: 'none' | 'consent' | 'select_account' | 'login' | null
  /** Values for the spec's optional parameters. */
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
  auth: 'client_secret_basic' | 'client_secret_post' | 'none'
  /** JSON {accessToken, uri} for RFC 7592; null when the server gave none. */
  registration: Secret | null
}

export type ApiCredential = {
  accessToken: Secret
  tokenType: string
  dpopKey: Readonly<Record<string, unknown>> | null
  values: Readonly<Record<string, string>>
}

/**
 * Every call ends within its deadline (token 15 s, discovery 10 s, revocation 3 s) or when `signal` aborts,
 * and honours the spec. Those that return a {@link TokenOutcome} do not throw for what a server does; the
 * others throw KeywayError.
 */
/** What of a registration is no part of its description, and is checked with it. */
export type ProviderCheckRequest = {
  redirectUri: string | null
  /** False while the person has chosen a host to come home to. */
  choosesHost: boolean
  scopes: readonly string[]
  flow: 'authorization_code' | 'device_code' | 'client_credentials'
}

export type OAuthClient = {
  /**
   * Builds the authorization URL (RFC 6749 4.1.1, PAR when asked for) with a fresh state, nonce and PKCE
   * verifier.
   */
  authorize(
    provider: ResolvedProvider,
    request: AuthorizeRequest,
    signal?: AbortSignal,
  ): Promise<{ url: string; authorizationState: AuthorizationState }>
  /**
   * Checks the callback (state by the caller, `iss` RFC 9207, error, HMAC, duplicates) and exchanges the
   * code.
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
  /** Polls until decided. Denied → access_denied, expired → flow_expired as KeywayError. */
  pollDevice(provider: ResolvedProvider, device: DeviceCode, signal: AbortSignal): Promise<TokenOutcome>
  /** RFC 7009 or the spec's own request, refresh token first, at most 3 s. Never throws. */
  revoke(
    provider: ResolvedProvider,
    tokens: RefreshRequest,
  ): Promise<{ revoked: 'at_provider' | 'not_supported' | 'failed'; message: string }>
  /**
   * id_token claims (checked by the exchange), userinfo, or the spec's identity call. Nulls when nobody
   * tells. `values` are {identity.x}.
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
  /** Header name and value that carry the token to the API, fresh DPoP proof included. */
  apiHeaders(
    provider: ResolvedProvider,
    credential: ApiCredential,
    request: { method: string; url: string; nonce: string | null },
  ): Promise<Array<[name: string, value: string]>>
  /** OIDC discovery, RFC 8414, RFC 9728 and RFC 7591 from one pasted address. */
  discover(
    url: string,
    options: { redirectUris: readonly string[]; signal?: AbortSignal },
  ): Promise<{
    draft: ProviderInputDraft
    registration: Secret | null
    steps: ProviderCheckStep[]
    missing: string[]
  }>
  /**
   * A client of Keyway's own at this provider, by its registration API or RFC 7591, so that no console has to
   * be visited.
   * @throws KeywayError config_error (it takes no registrations) | provider_error | provider_response_invalid
   * | provider_unreachable
   */
  register(
    provider: ResolvedProvider,
    options: { redirectUris: readonly string[]; scopes: readonly string[] },
    signal?: AbortSignal,
  ): Promise<RegisteredClient>
  /**
   * The check of a token that some providers demand from time to time (`account.validation`). Never throws;
   * `unknown` when nobody tells.
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
  /**
   * A person tries again: servers whose metadata could not be had are asked anew instead of answered for from
   * memory.
   */
  forgetFailures(): void
}

export type OAuthDeps = {
  /**
   * The one way out for a provider's requests (its own authorities, corporate proxy); null: for an address
   * that is no provider yet.
   */
  fetchFor(provider: Pick<ResolvedProvider, 'extraCa'> | null): HttpFetch
  clock: Clock
  logger: Logger
  /** Sent with every request; {user_agent} in templates. */
  userAgent: string
  /** {app_name} in templates. Default: Keyway. */
  appName?: string
  /** {contact_email} in templates, for services that want one in the User-Agent. Default: none. */
  contactEmail?: string
  /**
   * Where Keyway's own client-id metadata document is published, if it is: offered to servers that take such
   * ids. Default: none.
   */
  clientMetadataUrl?: string
}

export const TOKEN_DEADLINE_MS = 15_000
/**
 * A refresh is given longer than any caller waits: one that is given up just before its answer comes has used
 * up a rotating refresh token and lost the new one.
 */
export const REFRESH_DEADLINE_MS = 20_000
export const DISCOVERY_DEADLINE_MS = 10_000
export const REVOCATION_DEADLINE_MS = 3000
