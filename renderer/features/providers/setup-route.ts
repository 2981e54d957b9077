import type { ProviderView } from '../../../shared/contract/provider.ts'
import type { Route } from '../../lib/route.ts'
import { clientNeeds } from './provider-form-values.ts'

/** Where a setup problem can be fixed: at the empty field, otherwise at the provider check. */
export function setupRoute(providerId: string, providers: readonly ProviderView[]): Route {
  const provider = providers.find(({ id }) => id === providerId)
  const lacksId = provider !== undefined && provider.clientId === '' && clientNeeds(provider).id
  return lacksId
    ? { name: 'provider', id: providerId, tab: 'edit', field: 'clientId' }
    : { name: 'provider', id: providerId, tab: 'check' }
}
