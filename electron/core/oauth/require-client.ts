import { KeywayError } from '../../../shared/contract/errors.ts'
import type { ResolvedProvider } from './oauth-client.ts'

/** @throws KeywayError config_error when the provider needs a client id and has none. */
export function requireClientId(provider: ResolvedProvider): void {
  if (provider.clientId !== '' || provider.spec.client.noRegistration) return
  throw new KeywayError('config_error', {
    message: `${provider.name} has no client id yet.`,
    nextStep: `Register an app at ${provider.name} and enter its client id on the provider page.`,
    details: { field: 'clientId' },
  })
}
