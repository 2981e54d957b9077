// Starts a practice provider for one test, and signs in at it with openid-client, a client that Keyway did
// not write.
import * as oidc from 'openid-client'
import { onTestFinished } from 'vitest'
import {
  createPracticeProvider,
  type PracticeProvider,
  type PracticeProviderOptions,
} from '../../electron/practice-provider/provider.ts'
import { type SignInChoices, signInWithHttp } from './user-agent.ts'

/** Closed when the test is over. */
export async function startPracticeProvider(
  options: PracticeProviderOptions = {},
): Promise<PracticeProvider> {
  const provider = await createPracticeProvider(options)
  onTestFinished(() => provider.close())
  return provider
}

/**
 * openid-client marks its switch for http as deprecated so that it stands out; a loopback issuer is what it
 * is there for.
 */
export const allowLoopbackHttp: (config: oidc.Configuration) => void = Reflect.get(
  oidc,
  'allowInsecureRequests',
)

export type ClientName = keyof PracticeProvider['clients']

/** An openid-client configuration for one of the preregistered clients, made by discovery. */
export async function discoverAs(
  provider: PracticeProvider,
  client: ClientName = 'native',
): Promise<oidc.Configuration> {
  const { clientId, clientSecret, authMethod } = provider.clients[client]
  const authentications = {
    client_secret_basic: oidc.ClientSecretBasic,
    client_secret_post: oidc.ClientSecretPost,
  }
  const authentication = authMethod === 'none' ? oidc.None() : authentications[authMethod](clientSecret ?? '')
  return oidc.discovery(new URL(provider.issuer), clientId, undefined, authentication, {
    execute: [allowLoopbackHttp],
  })
}

export type SignInRequest = Partial<SignInChoices> & {
  scope?: string
  /** Further authorization parameters. */
  parameters?: Record<string, string>
  /** Sends the parameters ahead to the provider (RFC 9126). */
  pushed?: boolean
  dpop?: oidc.DPoPHandle
}

export const callbackUri = 'http://127.0.0.1:7317/oauth2/callback'

/** The whole code flow up to the tokens; openid-client checks state, nonce, PKCE, `iss` and the id token. */
export async function signInForTokens(
  config: oidc.Configuration,
  request: SignInRequest = {},
): Promise<oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers> {
  const started = await startSignIn(config, request)
  const outcome = await signInWithHttp(started.url.href, {
    account: 'ada@example.test',
    ...request,
    stopAtCallback: true,
  })
  if (outcome.kind !== 'stopped') throw new Error(`The sign-in ended otherwise: ${JSON.stringify(outcome)}`)
  return started.exchange(outcome.callbackUrl)
}

export async function startSignIn(config: oidc.Configuration, request: SignInRequest = {}) {
  const scope = request.scope ?? 'openid profile email offline_access files.read'
  const verifier = oidc.randomPKCECodeVerifier()
  const state = oidc.randomState()
  const nonce = oidc.randomNonce()
  const parameters = {
    redirect_uri: callbackUri,
    scope,
    prompt: 'consent',
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    ...(scope.includes('openid') ? { nonce } : {}),
    ...request.parameters,
  }
  const options = request.dpop === undefined ? {} : { DPoP: request.dpop }
  const url =
    request.pushed === true
      ? await oidc.buildAuthorizationUrlWithPAR(config, parameters, options)
      : oidc.buildAuthorizationUrl(config, parameters)
  const checks = {
    pkceCodeVerifier: verifier,
    expectedState: state,
    ...(scope.includes('openid') ? { expectedNonce: nonce } : {}),
  }
  return {
    url,
    exchange: (callbackUrl: string) =>
      oidc.authorizationCodeGrant(config, new URL(callbackUrl), checks, undefined, options),
  }
}

/** A call of the protected API with a Bearer token. */
export function callApi(
  provider: PracticeProvider,
  path: string,
  accessToken: string,
  init: RequestInit = {},
): Promise<Response> {
  const headers = new Headers(init.headers)
  headers.set('authorization', `Bearer ${accessToken}`)
  return fetch(provider.url(path), { ...init, headers })
}
