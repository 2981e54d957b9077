import { readPath, readText } from '../../../shared/domain/json-path.ts'
import { namedSecrets } from '../../../shared/domain/secret-names.ts'
import { openText, secretTraces } from '../secret-traces.ts'
import type { ApiCaller } from './api-call.ts'
import type { OAuthClient } from './oauth-client.ts'
import type { OAuthDeps } from './oauth-deps.ts'
import { fillProviderUrl, templateValues } from './provider-values.ts'

const MOST = 1000

/** What a connection can be bound to (site, tenant); empty when the provider has no such list. */
export function createListResources(deps: OAuthDeps, callApi: ApiCaller): OAuthClient['listResources'] {
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
    return items.slice(0, MOST).flatMap((item: unknown) => {
      const id = readText(item, rule.idPath)
      if (id === null || traces.isIn(id)) return []
      const label = openText(readText(item, rule.labelPath), traces) ?? id
      const address = rule.urlPath === null ? null : readText(item, rule.urlPath)
      return [{ id, label, url: openText(address, traces) }]
    })
  }
}
