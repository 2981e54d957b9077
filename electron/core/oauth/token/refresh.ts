// Gets a new access token without the person: refresh token grant (RFC 6749 6) or exchange of the access
// token.
import { joinScopes, scopeReading } from '../../../../shared/domain/scopes.ts'
import { fillMap } from '../../../../shared/domain/template.ts'
import { parseTokenReply } from '../../../../shared/domain/token-response.ts'
import { DeadlineExceeded, withDeadline } from '../../async.ts'
import { resourcesOf } from '../authorization/request.ts'
import { requireClientId } from '../client-authentication.ts'
import type { EndpointResolver } from '../metadata/endpoints.ts'
import {
  collectValues,
  fillProviderUrl,
  shapeRequest,
  templateValues,
  tokenShaping,
  withSecrets,
} from '../request-format.ts'
import { sendHttp, httpFailureOf, HttpFailure, type HttpRequest } from '../transport/http-exchange.ts'
import type { OAuthClient, OAuthDeps, RefreshRequest, ResolvedProvider, TokenOutcome } from '../types.ts'
import { outcomeOfPreparation, timeLeft, type TokenEndpointClient } from './endpoint.ts'
import { type FailureFacts, outcomeOfResponse, outcomeOfHttpFailure } from './errors.ts'
import { tokenResponseOf } from './response.ts'

type Tools = { deps: OAuthDeps; servers: EndpointResolver; tokenEndpoint: TokenEndpointClient }

export function createRefresh(tools: Tools): OAuthClient['refresh'] {
  return async (provider, request, signal) => {
    try {
      if (provider.spec.refresh.style === 'exchange-access-token') {
        return await exchangeAccessToken(tools, provider, request, signal)
      }
      const outcome = await standardRefresh(tools, provider, request, signal)
      if (!refusesResource(provider, outcome)) return outcome
      // The resource of the sign-in stays in force without the parameter (RFC 8707 2.2).
      const again = await standardRefresh(tools, withoutResource(provider), request, signal)
      return again.kind === 'ok' ? { ...again, withoutResource: true } : outcome
    } catch (error) {
      return outcomeOfPreparation(provider, error)
    }
  }
}

function refusesResource({ spec }: ResolvedProvider, outcome: TokenOutcome): boolean {
  if (spec.resources.length === 0 || spec.refresh.omitParams.includes('resource')) return false
  return (
    outcome.kind === 'config_error' &&
    (outcome.code === 'invalid_target' || outcome.code === 'invalid_resource')
  )
}

function withoutResource(provider: ResolvedProvider): ResolvedProvider {
  const { refresh } = provider.spec
  const omitParams = [...refresh.omitParams, 'resource']
  return { ...provider, spec: { ...provider.spec, refresh: { ...refresh, omitParams } } }
}

async function standardRefresh(
  { deps, servers, tokenEndpoint }: Tools,
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
  const server = await servers.resolveEndpoints(provider, {
    need: refresh.url === null ? ['token'] : [],
    values: request.values,
    discovery: 'when-needed',
    signal,
  })
  const { values } = server
  const url =
    refresh.url === null ? server.endpointOrThrow('token') : fillProviderUrl(provider, refresh.url, values)
  return tokenEndpoint.request({
    provider,
    server: withTokenEndpoint(server, url),
    url,
    purpose: 'refresh',
    scopes: request.scopes,
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

/** The library sends its request to the address in the metadata, and DPoP proofs contain that address. */
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

// Token requests that are not an OAuth grant and cannot use the library: the exchange of an access token for
// one of longer lifetime.

export async function plainTokenRequest(
  deps: OAuthDeps,
  provider: ResolvedProvider,
  request: HttpRequest,
  about: { facts: FailureFacts; startedAt?: number; signal?: AbortSignal | undefined },
): Promise<TokenOutcome> {
  const { token, scopes } = provider.spec
  const { host } = new URL(request.url)
  const { purpose } = about.facts
  const timeoutMs = timeLeft(deps, { purpose, startedAt: about.startedAt })
  const deadline = { clock: deps.clock, timeoutMs, signal: about.signal }
  try {
    const reply = await withDeadline(deadline, (signal) =>
      sendHttp({ fetch: deps.fetchFor(provider.extraCa), clock: deps.clock, signal }, request),
    )
    const parsed = parseTokenReply(reply, token, scopeReading(scopes))
    if (parsed.kind !== 'tokens') {
      return outcomeOfResponse(reply, parsed, { ...about.facts, url: request.url })
    }
    const values = collectValues(provider, 'token', parsed.data)
    const secrets = [...about.facts.secrets, ...parsed.secrets]
    return { kind: 'ok', response: tokenResponseOf(parsed.tokens, reply, { dpopKey: null, values, secrets }) }
  } catch (error) {
    const expected =
      error instanceof HttpFailure || error instanceof DeadlineExceeded || about.signal?.aborted === true
    if (!expected) throw error
    return outcomeOfHttpFailure(httpFailureOf(error, host), about.facts)
  }
}
