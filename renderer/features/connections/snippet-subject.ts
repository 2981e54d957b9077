import type { ConnectionView } from '../../../shared/contract/connection.ts'
import type { ProviderView } from '../../../shared/contract/provider.ts'
import type { Snapshot } from '../../../shared/contract/ui-api.ts'
import type { SnippetSubject } from '../../lib/snippets.ts'

/** What a snippet for this connection has to know. */
export function snippetSubject(
  connection: ConnectionView,
  { server, providers }: Pick<Snapshot, 'server' | 'providers'>,
): SnippetSubject {
  const provider = providers.find(({ id }) => id === connection.providerId)
  return {
    serverUrl: server.url,
    providerSlug: connection.providerSlug,
    account: connection.account,
    connectionId: connection.id,
    probePath: probePath(connection.apiBaseUrl, provider),
  }
}

/** Where a first test call goes: to who the account is, when the provider's description says where that is asked. */
export function testPath(
  { apiBaseUrl, providerId }: ConnectionView,
  { providers }: Pick<Snapshot, 'providers'>,
): string {
  const provider = providers.find(({ id }) => id === providerId)
  return probePath(apiBaseUrl, provider)
}

/** The address that tells who the account is makes the best first request, where it lies under the API's base and needs no filling. */
function probePath(apiBaseUrl: string | null, provider: ProviderView | undefined): string {
  const request = provider?.spec.account.request
  if (apiBaseUrl === null || request == null || request.method !== 'GET' || request.url.includes('{'))
    return ''
  const base = apiBaseUrl.endsWith('/') ? apiBaseUrl : `${apiBaseUrl}/`
  return request.url.startsWith(base) ? request.url.slice(base.length) : ''
}
