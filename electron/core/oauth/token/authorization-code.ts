// Exchanges the authorization code for tokens (RFC 6749 4.1.3).
import { parseScopes } from '../../../../shared/contract/scope-list.ts'
import { scopeReading } from '../../../../shared/domain/scopes.ts'
import { fillMap } from '../../../../shared/domain/template.ts'
import { openScopes, openText, openValues, secretTraces } from '../../secret-traces.ts'
import { readInnerState, resourcesOf, type InnerState } from '../authorization/request.ts'
import { checkCallback, type CheckedCallback } from '../authorization/response.ts'
import type { EndpointResolver } from '../metadata/endpoints.ts'
import {
  fillProviderUrl,
  shapeRequest,
  templateValues,
  tokenShaping,
  withSecrets,
} from '../request-format.ts'
import type { OAuthClient, OAuthDeps, ResolvedProvider, TokenOutcome, AuthorizationState } from '../types.ts'
import { type GrantTools, outcomeOfPreparation, type TokenEndpointClient } from './endpoint.ts'
import { plainTokenRequest } from './refresh.ts'
import { responseSecrets } from './response.ts'

type Tools = { deps: OAuthDeps; servers: EndpointResolver; tokenEndpoint: TokenEndpointClient }

export function createExchange({ deps, servers, tokenEndpoint }: Tools): OAuthClient['exchange'] {
  return async (provider, authorizationState, parameters, signal) => {
    const inner = readInnerState(authorizationState)
    const startedAt = deps.clock.monotonicMs()
    const before = await servers
      .resolveEndpoints(provider, { need: ['authorization'], discovery: 'if-possible', signal })
      .catch((error: unknown) => outcomeOfPreparation(provider, error))
    if ('kind' in before) return before
    const { authorizationHost } = inner
    const callback = checkCallback(provider, {
      authorizationState,
      server: before,
      parameters,
      authorizationHost,
    })
    const found = await servers
      .resolveEndpoints(provider, {
        need: ['token'],
        values: callback.values,
        discovery: 'if-possible',
        signal,
      })
      .catch((error: unknown) => outcomeOfPreparation(provider, error))
    if ('kind' in found) return found
    const url = found.endpointOrThrow('token')
    const outcome = await tokenEndpoint.request({
      provider,
      server: found,
      url,
      purpose: 'exchange',
      scopes: inner.scopes,
      shaping: tokenShaping({
        provider,
        values: found.values,
        userAgent: deps.userAgent,
        purpose: 'exchange',
        redirectUri: authorizationState.redirectUri,
      }),
      secrets: [callback.code, inner.verifier?.reveal() ?? ''],
      dpopKey: inner.dpopKey,
      startedAt,
      signal,
      run: (tools) =>
        codeGrant(tools, {
          callback,
          inner,
          authorizationState,
          resources: resourcesOf(provider, found.values),
        }),
    })
    const completed = withCallback(provider, inner.scopes, outcome, callback)
    return postExchange({ deps, startedAt }, provider, completed, signal)
  }
}

type CodeGrant = {
  callback: CheckedCallback
  inner: InnerState
  authorizationState: AuthorizationState
  resources: readonly string[]
}

async function codeGrant(tools: GrantTools, grant: CodeGrant): Promise<unknown> {
  const { library, config, options, expectIdToken } = tools
  const { callback, inner, authorizationState, resources } = grant
  // Only validated parameters reach the library. The request shaping sets the redirect URI, including its
  // query.
  const url = new URL('https://callback.invalid/')
  url.searchParams.set('code', callback.code)
  url.searchParams.set('state', authorizationState.state)
  // If a rule of the provider allowed the issuer, the library compares a value that it will find equal.
  const { issuer, authorization_response_iss_parameter_supported: told } = config.serverMetadata()
  if (callback.iss !== null || told === true) url.searchParams.set('iss', issuer)
  return library.authorizationCodeGrant(
    config,
    url,
    {
      expectedState: authorizationState.state,
      ...(inner.verifier === null ? {} : { pkceCodeVerifier: inner.verifier.reveal() }),
      ...(inner.nonce === null || !expectIdToken ? {} : { expectedNonce: inner.nonce.reveal() }),
    },
    new URLSearchParams(resources.map((resource): [string, string] => ['resource', resource])),
    options,
  )
}

/**
 * Adds values from the authorization response: template values, and the granted scopes if the server names
 * them there.
 */
function withCallback(
  provider: ResolvedProvider,
  requested: readonly string[],
  outcome: TokenOutcome,
  callback: CheckedCallback,
): TokenOutcome {
  if (outcome.kind !== 'ok') return outcome
  const { grantedInCallback } = provider.spec.scopes
  const named = grantedInCallback === null ? undefined : callback.extra[grantedInCallback]
  const reading = scopeReading(provider.spec.scopes, requested)
  const scopes = named === undefined ? null : parseScopes(named, reading.separator, reading.known)
  const { response } = outcome
  const traces = secretTraces([...responseSecrets(response), callback.code, provider.clientSecret?.reveal()])
  return {
    kind: 'ok',
    response: {
      ...response,
      scopes: openScopes(scopes, traces) ?? response.scopes,
      values: { ...openValues(callback.values, traces), ...response.values },
    },
  }
}

// A further request after the exchange: it replaces a token of short lifetime with one of long lifetime.

async function postExchange(
  { deps, startedAt }: { deps: OAuthDeps; startedAt: number },
  provider: ResolvedProvider,
  outcome: TokenOutcome,
  signal?: AbortSignal,
): Promise<TokenOutcome> {
  const rule = provider.spec.token.postExchange
  if (rule === null || outcome.kind !== 'ok') return outcome
  const { response } = outcome
  const accessToken = response.accessToken.reveal()
  const open = templateValues(deps, provider, response.values)
  const url = fillProviderUrl(provider, rule.url, open)
  const values = withSecrets(provider, open, response)
  const request = shapeRequest(
    { url, headers: { accept: 'application/json', 'user-agent': deps.userAgent }, parameters: [] },
    {
      method: rule.method,
      format: 'form',
      omit: [],
      add: fillMap(rule.params, values),
      rename: {},
      headers: {},
    },
  )
  const secrets = [accessToken, provider.clientSecret?.reveal() ?? '']
  const longer = await plainTokenRequest(deps, provider, request, {
    facts: { providerName: provider.name, purpose: 'exchange', secrets },
    startedAt,
    signal,
  })
  if (longer.kind === 'retry') {
    // The code is used. A token that works for an hour, and is exchanged at the next refresh, is better than
    // a failed sign-in.
    deps.logger.warn('the longer token did not come', { provider: provider.slug, code: longer.code })
    return outcome
  }
  if (longer.kind !== 'ok') return longer
  // The first response may contain the token of the second one.
  const traces = secretTraces([...secrets, ...responseSecrets(longer.response)])
  return {
    kind: 'ok',
    response: {
      ...longer.response,
      // These values are only in the first response; the second contains nothing but the token and its
      // lifetime.
      refreshToken: longer.response.refreshToken ?? response.refreshToken,
      idToken: longer.response.idToken ?? response.idToken,
      scopes: longer.response.scopes ?? openScopes(response.scopes, traces),
      accountId: longer.response.accountId ?? openText(response.accountId, traces),
      accountLabel: longer.response.accountLabel ?? openText(response.accountLabel, traces),
      values: { ...openValues(response.values, traces), ...longer.response.values },
    },
  }
}
