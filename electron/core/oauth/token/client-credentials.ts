import { joinScopes } from '../../../../shared/domain/scopes.ts'
import { resourcesOf, wantsDpop } from '../authorization/request.ts'
import { requireClientId } from '../client-authentication.ts'
import type { DpopKeys } from '../dpop.ts'
import type { EndpointResolver } from '../metadata/endpoints.ts'
import { loadLibrary } from '../transport/openid-client.ts'
import type { OAuthClient, OAuthDeps } from '../types.ts'
import { outcomeOfPreparation, type TokenEndpointClient } from './endpoint.ts'
import { tokenShaping } from '../request-format.ts'

type Tools = {
  deps: OAuthDeps
  servers: EndpointResolver
  tokenEndpoint: TokenEndpointClient
  dpopKeys: DpopKeys
}

/** The client credentials grant (RFC 6749 4.4): a token for the client itself. */
export function createClientCredentials({
  deps,
  servers,
  tokenEndpoint,
  dpopKeys,
}: Tools): OAuthClient['clientCredentials'] {
  return async (provider, scopes, signal) => {
    try {
      requireClientId(provider)
      const startedAt = deps.clock.monotonicMs()
      const server = await servers.resolveEndpoints(provider, {
        need: ['token'],
        discovery: 'when-needed',
        signal,
      })
      const parameters = resourcesOf(provider, server.values).map((one): [string, string] => [
        'resource',
        one,
      ])
      if (scopes.length > 0 && !provider.spec.scopes.none) {
        parameters.push(['scope', joinScopes(scopes, provider.spec.scopes.separator)])
      }
      return await tokenEndpoint.request({
        provider,
        server,
        url: server.endpointOrThrow('token'),
        purpose: 'client_credentials',
        scopes,
        shaping: tokenShaping({
          provider,
          values: server.values,
          userAgent: deps.userAgent,
          purpose: 'client_credentials',
          redirectUri: null,
        }),
        secrets: [],
        dpopKey: wantsDpop(provider, server) ? await dpopKeys.make(await loadLibrary()) : null,
        startedAt,
        signal,
        run: ({ library, config, options }) =>
          library.clientCredentialsGrant(config, new URLSearchParams(parameters), options),
      })
    } catch (error) {
      return outcomeOfPreparation(provider, error)
    }
  }
}
