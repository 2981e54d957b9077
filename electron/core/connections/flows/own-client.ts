import type { ProviderRecord } from '../../../../shared/contract/provider.ts'
import type { RedirectPlan } from '../../../../shared/contract/ui-api.ts'
import type { FlowDeps } from './flow-deps.ts'
import type { RunningFlow } from './running-flow.ts'

/** The provider with a client id; where it has none and registers clients itself, one is registered now and kept. */
export async function withOwnClient(
  deps: FlowDeps,
  running: RunningFlow,
  provider: ProviderRecord,
  plan: RedirectPlan | null,
): Promise<ProviderRecord> {
  const { client } = deps.providers.specOf(provider)
  const registersClients = client.registrationRequest !== null || client.dynamicRegistration
  if (provider.clientId !== '' || client.noRegistration || !registersClients) return provider
  const registered = await deps.oauth.register(
    deps.resolve(provider),
    { redirectUris: plan?.redirectUri == null ? [] : [plan.redirectUri], scopes: running.scopes },
    running.abort.signal,
  )
  return deps.keepClient(provider.id, registered)
}
