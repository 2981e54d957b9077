// A fresh token without a person: RFC 6749 6, or the exchange of the access token itself.
import { joinScopes } from '../../../shared/domain/scopes.ts'
import { fillMap } from '../../../shared/domain/template.ts'
import { resourcesOf } from './authorize.ts'
import type { OAuthClient, RefreshRequest, ResolvedProvider, TokenOutcome } from './oauth-client.ts'
import type { OAuthDeps } from './oauth-deps.ts'
import { plainTokenRequest } from './plain-request.ts'
import { fillProviderUrl, templateValues, withSecrets } from './provider-values.ts'
import { requireClientId } from './require-client.ts'
import type { Servers } from './servers.ts'
import { shapeRequest } from './shape-request.ts'
import { outcomeOfPreparation, type TokenCaller } from './token-caller.ts'
import { tokenShaping } from './token-shaping.ts'

type Tools = { deps: OAuthDeps; servers: Servers; caller: TokenCaller }

export function createRefresh(tools: Tools): OAuthClient['refresh'] {
  return async (provider, request, signal) => {
    try {
      if (provider.spec.refresh.style === 'exchange-access-token') {
        return await exchangeAccessToken(tools, provider, request, signal)
      }
      return await standardRefresh(tools, provider, request, signal)
    } catch (error) {
      return outcomeOfPreparation(provider, error)
    }
  }
}

async function standardRefresh(
  { deps, servers, caller }: Tools,
  provider: ResolvedProvider,
  request: RefreshRequest,
  signal: AbortSignal | undefined,
): Promise<TokenOutcome> {
  const { refresh } = provider.spec
  requireClientId(provider)
  if (request.refreshToken === null) {
    return { kind: 'ended', code: 'no_refresh_token', message: 'There is no refresh token to use.' }
  }
  const refreshToken = request.refreshToken.reveal()
  const startedAt = deps.clock.monotonicMs()
  const server = await servers.find(provider, {
    need: refresh.url === null ? ['token'] : [],
    values: request.values,
    discovery: 'when-needed',
    signal,
  })
  const { values } = server
  const url = refresh.url === null ? server.need('token') : fillProviderUrl(provider, refresh.url, values)
  return caller.call({
    provider,
    server: withTokenEndpoint(server, url),
    url,
    purpose: 'refresh',
    shaping: tokenShaping({
      provider,
      values,
      userAgent: deps.userAgent,
      purpose: 'refresh',
      redirectUri: request.redirectUri,
      tokens: request,
    }),
    secrets: [refreshToken, request.accessToken.reveal()],
    dpopKey: request.dpopKey,
    startedAt,
    signal,
    run: ({ library, config, options }) =>
      library.refreshTokenGrant(config, refreshToken, refreshParameters(provider, request, values), options),
  })
}

/** The library builds its request for the metadata's address, and DPoP proofs are made over it. */
function withTokenEndpoint<S extends { metadata: object }>(server: S, url: string): S {
  return { ...server, metadata: { ...server.metadata, token_endpoint: url } }
}

function refreshParameters(
  provider: ResolvedProvider,
  request: RefreshRequest,
  values: Readonly<Record<string, string>>,
): URLSearchParams {
  const { refresh, scopes } = provider.spec
  const parameters = resourcesOf(provider, values).map((resource): [string, string] => ['resource', resource])
  if (refresh.sendScope && request.scopes.length > 0) {
    parameters.push(['scope', joinScopes(request.scopes, scopes.separator)])
  }
  return new URLSearchParams(parameters)
}

async function exchangeAccessToken(
  { deps }: Tools,
  provider: ResolvedProvider,
  request: RefreshRequest,
  signal: AbortSignal | undefined,
): Promise<TokenOutcome> {
  const { refresh, endpoints } = provider.spec
  const accessToken = request.accessToken.reveal()
  const refreshToken = request.refreshToken?.reveal() ?? ''
  const filled = templateValues(deps, provider, request.values)
  const url = fillProviderUrl(provider, refresh.url ?? endpoints.token ?? '', filled)
  const values = withSecrets(provider, filled, request)
  const headers = {
    accept: 'application/json',
    'user-agent': deps.userAgent,
    ...fillMap(refresh.headers, values),
  }
  const wire = shapeRequest(
    { url, headers, parameters: [] },
    {
      method: refresh.method,
      format: 'form',
      omit: [],
      add: fillMap(refresh.params, values),
      rename: {},
      headers: {},
    },
  )
  const secrets = [accessToken, refreshToken, provider.clientSecret?.reveal() ?? '']
  return plainTokenRequest(deps, provider, wire, {
    facts: { providerName: provider.name, purpose: 'refresh', secrets },
    signal,
  })
}
