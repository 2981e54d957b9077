// The OAuth client's interface over an in-memory provider, scriptable at every call: what it should answer
// instead, or wait for.
import { randomBytes } from 'node:crypto'
import type { OAuthClient, TokenResponse, TokenOutcome } from '../../electron/core/oauth/types.ts'
import type { Clock } from '../../electron/core/ports.ts'
import { KeywayError } from '../../shared/contract/errors.ts'
import { Secret, secretOrNull } from '../../shared/contract/secret.ts'
import type { MemoryProvider, MemoryTokens } from './memory-provider.ts'

/** Runs in front of a token request; what it returns is answered instead of asking the provider. */
type Script = (
  call: 'exchange' | 'refresh' | 'client_credentials',
) => Promise<TokenOutcome | undefined> | TokenOutcome | undefined
/** Runs after the provider has acted and before its answer arrives: here answers get lost. */
type Loss = (outcome: TokenOutcome) => Promise<TokenOutcome> | TokenOutcome

export type FakeOAuthClient = OAuthClient & {
  script: Script | null
  loss: Loss | null
  revocation: 'at_provider' | 'not_supported' | 'failed' | 'hangs'
  identity: { id: string | null; label: string | null } | 'from token'
  resources: Array<{ id: string; label: string; url: string | null }>
  /** Decides a running device flow. */
  device: { code: string | null; denied: boolean }
  readonly authorisations: Array<{ state: string; scopes: readonly string[]; loginHint: string | null }>
  readonly revoked: string[]
}

export const passing = (more: Partial<TokenOutcome & { kind: 'retry' }> = {}): TokenOutcome => ({
  kind: 'retry',
  code: 'timeout',
  message: 'The provider did not answer.',
  retryAfterMs: null,
  sent: true,
  ...more,
})

export function createFakeOAuthClient(clock: Clock, provider: MemoryProvider): FakeOAuthClient {
  const state = (): string => randomBytes(16).toString('base64url')
  const answerOf = (tokens: MemoryTokens): TokenResponse => ({
    accessToken: new Secret(tokens.accessToken),
    tokenType: provider.tokenType,
    refreshToken: secretOrNull(tokens.refreshToken),
    idToken: null,
    receivedAt: clock.now(),
    expiresAt: clock.now() + tokens.expiresInSeconds * 1000,
    lifetimeSeconds: tokens.expiresInSeconds,
    refreshTokenExpiresAt: null,
    scopes: [...tokens.scopes],
    values: {},
    accountId: tokens.account.id,
    accountLabel: tokens.account.label,
    dpopKey: null,
    second: null,
    clockSkewMs: 0,
  })
  const asked = async (
    call: 'exchange' | 'refresh' | 'client_credentials',
    ask: () => MemoryTokens | { error: string },
  ): Promise<TokenOutcome> => {
    const scripted = await client.script?.(call)
    if (scripted !== undefined) return scripted
    const tokens = ask()
    const outcome: TokenOutcome =
      'error' in tokens
        ? { kind: 'ended', code: tokens.error, message: 'The provider says so.' }
        : { kind: 'ok', response: answerOf(tokens) }
    return client.loss === null ? outcome : client.loss(outcome)
  }

  const client: FakeOAuthClient = {
    script: null,
    loss: null,
    revocation: 'at_provider',
    identity: 'from token',
    resources: [],
    device: { code: null, denied: false },
    authorisations: [],
    revoked: [],
    async authorize(_provider, request) {
      const authorizationState = {
        state: state(),
        redirectUri: request.redirectUri,
        createdAt: clock.now(),
        inner: request.scopes,
      }
      client.authorisations.push({
        state: authorizationState.state,
        scopes: request.scopes,
        loginHint: request.loginHint,
      })
      return {
        url: `https://provider.example.test/authorize?state=${authorizationState.state}`,
        authorizationState,
      }
    },
    async exchange(_provider, _transaction, callback) {
      const error = callback.get('error')
      if (error === 'access_denied') throw new KeywayError('access_denied')
      if (error !== null) throw new KeywayError('provider_error', { message: error })
      return asked('exchange', () => provider.exchange(callback.get('code') ?? ''))
    },
    refresh: (_provider, { refreshToken }) =>
      asked('refresh', () => provider.refresh(refreshToken?.reveal() ?? '')),
    clientCredentials: (_provider, scopes) => asked('client_credentials', () => provider.issue(scopes)),
    startDevice: async () => ({
      userCode: 'ABCD-EFGH',
      verificationUri: 'https://provider.example.test/device',
      verificationUriComplete: null,
      intervalSeconds: 5,
      expiresAt: clock.now() + 300_000,
      inner: null,
    }),
    async pollDevice(_provider, device, signal) {
      for (;;) {
        signal.throwIfAborted()
        if (client.device.denied) throw new KeywayError('access_denied')
        if (client.device.code !== null)
          return asked('exchange', () => provider.exchange(client.device.code ?? ''))
        await new Promise<void>((resolve) => void clock.after(device.intervalSeconds * 1000, resolve))
      }
    },
    async revoke(_provider, tokens) {
      if (client.revocation === 'hangs') return new Promise(() => undefined)
      const token = (tokens.refreshToken ?? tokens.accessToken).reveal()
      client.revoked.push(token)
      if (client.revocation !== 'at_provider')
        return { revoked: client.revocation, message: 'no revocation here' }
      provider.revoke(token)
      return { revoked: 'at_provider', message: 'revoked' }
    },
    identify: async () => ({
      id: null,
      label: null,
      ...(client.identity === 'from token' ? {} : client.identity),
      values: {},
    }),
    listResources: async () => client.resources,
    async apiHeaders(_provider, { accessToken, tokenType }, { method, nonce }) {
      const headers: Array<[string, string]> = [['authorization', `${tokenType} ${accessToken.reveal()}`]]
      if (tokenType === 'DPoP') headers.push(['dpop', `proof-for-${method}-${nonce ?? 'no-nonce'}`])
      return headers
    },
    discover: () => Promise.reject(new KeywayError('discovery_failed')),
    register: async () => ({
      clientId: 'made-up-client',
      clientSecret: null,
      auth: 'none',
      registration: null,
      clientKeys: null,
    }),
    validate: async () => 'unknown',
    checkProvider: async () => [],
    forgetFailures: () => undefined,
  }
  return client
}
