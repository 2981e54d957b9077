import { readPath, readText } from '../../../shared/domain/json-path.ts'
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
    return items.slice(0, MOST).flatMap((item: unknown) => {
      const id = readText(item, rule.idPath)
      if (id === null) return []
      const label = readText(item, rule.labelPath) ?? id
      return [{ id, label, url: rule.urlPath === null ? null : readText(item, rule.urlPath) }]
    })
  }
}
