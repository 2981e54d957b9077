// Builds the OAuth client. It caches metadata, DPoP nonces and the accepted client authentication; no secret
// outlives a call.
import { readPath, readText } from '../../../shared/domain/json-path.ts'
import { namedSecrets } from '../../../shared/domain/redact.ts'
import { openText, secretTraces } from '../secret-traces.ts'
import { createAuthorize } from './authorization/request.ts'
import { createClientAuthentication } from './client-authentication.ts'
import { createDiscover } from './discovery/discover.ts'
import { createDpopKeys } from './dpop.ts'
import { createEndpointResolver } from './metadata/endpoints.ts'
import { createProviderCheck } from './provider-check/check.ts'
import { createRegister } from './registration.ts'
import { createIdentify, createValidate } from './resource/identity.ts'
import { type CallProviderApi, createApiCaller, createApiHeaders } from './resource/request.ts'
import { createRevoke } from './revocation.ts'
import { fillProviderUrl, templateValues } from './request-format.ts'
import { createExchange } from './token/authorization-code.ts'
import { createClientCredentials } from './token/client-credentials.ts'
import { createDevice } from './token/device.ts'
import { createTokenEndpointClient } from './token/endpoint.ts'
import { createRefresh } from './token/refresh.ts'
import type { OAuthClient, OAuthDeps } from './types.ts'

export function createOAuthClient(deps: OAuthDeps): OAuthClient {
  const servers = createEndpointResolver(deps)
  const dpopKeys = createDpopKeys()
  const clients = createClientAuthentication()
  const tokenEndpoint = createTokenEndpointClient(deps, { dpopKeys, clients })
  const apiHeaders = createApiHeaders({ deps, dpopKeys })
  const callApi = createApiCaller(deps, apiHeaders)
  return {
    authorize: createAuthorize({ deps, servers, dpopKeys, clients }),
    exchange: createExchange({ deps, servers, tokenEndpoint }),
    refresh: createRefresh({ deps, servers, tokenEndpoint }),
    clientCredentials: createClientCredentials({ deps, servers, tokenEndpoint, dpopKeys }),
    ...createDevice({ deps, servers, tokenEndpoint, dpopKeys, clients }),
    revoke: createRevoke({ deps, servers, clients }),
    identify: createIdentify({ deps, servers, callApi, apiHeaders }),
    listResources: createListResources(deps, callApi),
    apiHeaders,
    discover: createDiscover(deps),
    register: createRegister({ deps, servers }),
    validate: createValidate(deps),
    checkProvider: createProviderCheck(deps),
    forgetFailures: servers.forgetFailures,
  }
}

const MAX_ITEMS = 1000

/** The resources (site, tenant) that a connection can be bound to. Empty if the provider has no such list. */
function createListResources(deps: OAuthDeps, callApi: CallProviderApi): OAuthClient['listResources'] {
  return async (provider, credential, signal) => {
    const rule = provider.spec.account.resource
    if (rule === null) return []
    const url = fillProviderUrl(provider, rule.url, templateValues(deps, provider, credential.values))
    const data = await callApi(provider, credential, { method: 'GET', url, headers: {}, body: null }, signal)
    const items = readPath(data, rule.itemsPath)
    if (!Array.isArray(items)) return []
    const { accessToken } = credential
    const traces = secretTraces([
      accessToken.reveal(),
      provider.clientSecret?.reveal(),
      ...namedSecrets(data),
    ])
    return items.slice(0, MAX_ITEMS).flatMap((item: unknown) => {
      const id = readText(item, rule.idPath)
      if (id === null || traces.isIn(id)) return []
      const label = openText(readText(item, rule.labelPath), traces) ?? id
      const address = rule.urlPath === null ? null : readText(item, rule.urlPath)
      return [{ id, label, url: openText(address, traces) }]
    })
  }
}
