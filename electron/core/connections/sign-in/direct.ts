// Sign-ins without a browser: client credentials, or a token that the person pastes.
import { asKeywayError } from '../../../../shared/contract/errors.ts'
import type { Flow } from '../../../../shared/contract/flow.ts'
import { Secret } from '../../../../shared/contract/secret.ts'
import type { ResolvedProvider, TokenResponse } from '../../oauth/types.ts'
import { resolveProvider } from '../../providers/store.ts'
import { responseOrThrow, pendingSignInFrom } from './callback.ts'
import { finishSignIn } from './finish.ts'
import { type FlowDeps, type FlowStart, type RunningFlow, startFailed } from './sessions.ts'

export type DirectKind = 'client_credentials' | 'refresh_token' | 'access_token'

const how = {
  client_credentials: 'client_credentials',
  refresh_token: 'pasted_refresh_token',
  access_token: 'pasted_access_token',
} as const

/** Resolves when the sign-in has ended. */
export async function runDirectFlow(
  deps: FlowDeps,
  start: FlowStart,
  kind: DirectKind,
  token: string | undefined,
): Promise<Flow> {
  const { running } = start
  try {
    const provider = resolveProvider(deps, start.provider)
    const response = await answerOf(deps, running, provider, { kind, token: new Secret(token ?? '') })
    return await finishSignIn(deps, running, pendingSignInFrom(running, provider, response, how[kind]))
  } catch (error) {
    return startFailed(deps, running, asKeywayError(error))
  }
}

async function answerOf(
  deps: FlowDeps,
  { abort: { signal }, scopes }: RunningFlow,
  provider: ResolvedProvider,
  by: { kind: DirectKind; token: Secret },
): Promise<TokenResponse> {
  if (by.kind === 'access_token') return pastedAccessToken(by.token, deps.clock.now())
  if (by.kind === 'client_credentials') {
    return responseOrThrow(await deps.oauth.clientCredentials(provider, scopes, signal), provider)
  }
  // A pasted refresh token is verified with one refresh before it is stored. If the provider rotates, the new
  // token replaces it; otherwise the pasted one is kept.
  const request = {
    refreshToken: by.token,
    accessToken: new Secret(''),
    scopes,
    redirectUri: null,
    dpopKey: null,
    values: {},
  }
  const response = responseOrThrow(await deps.oauth.refresh(provider, request, signal), provider)
  return { ...response, refreshToken: response.refreshToken ?? by.token }
}

function pastedAccessToken(accessToken: Secret, now: number): TokenResponse {
  return {
    accessToken,
    tokenType: 'Bearer',
    refreshToken: null,
    idToken: null,
    receivedAt: now,
    expiresAt: null,
    lifetimeSeconds: null,
    refreshTokenExpiresAt: null,
    scopes: null,
    values: {},
    accountId: null,
    accountLabel: null,
    dpopKey: null,
    second: null,
    clockSkewMs: null,
  }
}
