// The OAuth client as the core builds it, over the platform's fetch, and providers for it.
import { createOAuthClient } from '../../electron/core/oauth/client.ts'
import type {
  OAuthClient,
  OAuthDeps,
  ResolvedProvider,
  TokenResponse,
  TokenOutcome,
} from '../../electron/core/oauth/types.ts'
import { providerSpec, type ProviderSpecInput } from '../../shared/contract/provider-spec.ts'
import { Secret } from '../../shared/contract/secret.ts'
import { realClock } from './fake-clock.ts'
import { createMemoryLogger } from './memory-ports.ts'

const USER_AGENT = 'keyway-test/1 (made up)'

export function makeOAuthClient(deps: Partial<OAuthDeps> = {}): OAuthClient {
  return createOAuthClient({
    fetchFor: () => (url, init) => fetch(url, init),
    clock: realClock,
    logger: createMemoryLogger(),
    userAgent: USER_AGENT,
    ...deps,
  })
}

export function resolvedProvider(
  spec: ProviderSpecInput,
  more: Partial<Omit<ResolvedProvider, 'spec' | 'clientSecret'>> & { clientSecret?: string | null } = {},
): ResolvedProvider {
  const { clientSecret = null, ...rest } = more
  return {
    id: 'provider-1',
    slug: 'acme',
    name: 'Acme',
    clientId: 'made-up-client',
    parameters: {},
    extraCa: null,
    ...rest,
    clientSecret: clientSecret === null ? null : new Secret(clientSecret),
    spec: providerSpec.parse(spec),
  }
}

/** The answer of an outcome that must be ok. */
export function answerOf(outcome: TokenOutcome): TokenResponse {
  if (outcome.kind === 'ok') return outcome.response
  throw new Error(`expected tokens, got ${JSON.stringify(outcome)}`)
}

/** Everything a refresh, a revocation or an API call needs of an answer. */
export function grantOf(answer: TokenResponse, scopes: readonly string[] = []) {
  return {
    refreshToken: answer.refreshToken,
    accessToken: answer.accessToken,
    tokenType: answer.tokenType,
    idToken: answer.idToken,
    scopes,
    redirectUri: null as string | null,
    dpopKey: answer.dpopKey,
    values: answer.values,
  }
}
