// How this one sign-in comes home: the planner's way, with the port that is really ours.
import type { ConnectInput } from '../../../../shared/contract/flow.ts'
import type { ProviderRecord } from '../../../../shared/contract/provider.ts'
import type { RedirectPlan } from '../../../../shared/contract/ui-api.ts'
import { withPort } from '../../../../shared/domain/redirect-uri.ts'
import type { FlowDeps } from './flow-deps.ts'

export function redirectPlan(
  deps: Pick<FlowDeps, 'planRedirect' | 'providers'>,
  provider: ProviderRecord,
  wish: ConnectInput['redirect'],
): RedirectPlan {
  return deps.planRedirect({
    ...provider,
    flow: 'authorization_code',
    spec: deps.providers.specOf(provider),
    redirect: wish === 'auto' ? provider.redirect : wish,
  })
}

/** A provider that takes any port gets that of the local server, so that no second listener is needed. */
export function sentRedirectUri(deps: Pick<FlowDeps, 'home'>, plan: RedirectPlan): string | null {
  return plan.way === 'any-port' && plan.redirectUri !== null
    ? withPort(plan.redirectUri, deps.home().port)
    : plan.redirectUri
}

/** Told before the person signs in, not when the browser ends at an error page. */
export function homeWarning(deps: Pick<FlowDeps, 'home'>, plan: RedirectPlan): string | null {
  const needsServer = plan.way === 'any-port' || plan.way === 'fixed-port'
  return needsServer && !deps.home().listening
    ? "Keyway's local server does not listen, so the browser cannot come back by itself. Paste the address it ends at."
    : null
}
