import type { ProviderSpec } from '../../../shared/contract/provider-spec.ts'
import type { ProviderRecord, ProviderView } from '../../../shared/contract/provider.ts'
import type { RedirectPlan } from '../../../shared/contract/ui-api.ts'

/** What the window and the API see of a provider: everything but its secrets. */
export function providerView(
  record: ProviderRecord,
  about: { spec: ProviderSpec; plan: RedirectPlan; connectionCount: number },
): ProviderView {
  const { sealedClientSecret, sealedRegistration: _registration, spec: overrides, ...rest } = record
  return {
    ...rest,
    hasClientSecret: sealedClientSecret !== null,
    spec: about.spec,
    overrides,
    redirectUri: about.plan.redirectUri,
    redirectNote: about.plan.note,
    connectionCount: about.connectionCount,
  }
}
