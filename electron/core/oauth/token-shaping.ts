// What a provider's spec makes of each token request.
import type { Secret } from '../../../shared/contract/secret.ts'
import { fillMap, type TemplateValues } from '../../../shared/domain/template.ts'
import type { ResolvedProvider } from './oauth-client.ts'
import { withSecrets } from './provider-values.ts'
import type { Shaping } from './shape-request.ts'

export type TokenPurpose = 'exchange' | 'refresh' | 'client_credentials' | 'device'

/** The redirect_uri of the token request: the very one that was sent before, or none. */
export type ShapingInput = {
  provider: ResolvedProvider
  values: TemplateValues
  userAgent: string
  purpose: TokenPurpose
  redirectUri: string | null
  /** What a refresh holds already. */
  tokens?: { accessToken: Secret; refreshToken: Secret | null }
}

export function tokenShaping(input: ShapingInput): Shaping {
  const { provider, userAgent, purpose, redirectUri } = input
  const values = withSecrets(provider, input.values, input.tokens)
  const { token, refresh, client, scopes } = provider.spec
  const isRefresh = purpose === 'refresh'
  const keepsRedirect = isRefresh
    ? refresh.sendRedirectUri
    : purpose === 'exchange' && token.redirectUri !== 'never'
  const sendsRedirect = keepsRedirect && redirectUri !== null && !token.omitParams.includes('redirect_uri')
  return {
    method: isRefresh && refresh.method === 'GET' ? 'GET' : token.method,
    format: token.format,
    omit: [
      ...token.omitParams,
      ...(isRefresh ? refresh.omitParams : []),
      ...clientIdRule(provider),
      'redirect_uri',
    ],
    add: {
      ...(sendsRedirect ? { redirect_uri: redirectUri } : {}),
      ...fillMap(token.extraParams, values),
      ...(purpose === 'exchange' ? fillMap(token.exchangeParams, values) : {}),
      ...(isRefresh ? fillMap(refresh.params, values) : {}),
    },
    rename: {
      scope: scopes.param,
      ...token.paramNames,
      client_id: client.idParam,
      client_secret: client.secretParam,
    },
    headers: {
      accept: 'application/json',
      'user-agent': userAgent,
      ...fillMap(token.headers, values),
      ...(isRefresh ? fillMap(refresh.headers, values) : {}),
    },
  }
}

/** A service without registration knows no client id; the library wants one all the same, and it goes no further than here. */
export function clientIdRule(provider: ResolvedProvider): string[] {
  return provider.clientId === '' ? ['client_id'] : []
}

/** What the library is told where there is no client id. */
export const NO_CLIENT_ID = 'none'
