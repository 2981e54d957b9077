// How this one sign-in comes home: the planner's way, with the port that is really ours.
import type { ConnectInput } from '../../../../shared/contract/flow.ts'
import type { ProviderRecord } from '../../../../shared/contract/provider.ts'
import type { RedirectPlan } from '../../../../shared/contract/ui-api.ts'
import { withPort, type LoopbackHost } from '../../../../shared/domain/redirect-uri.ts'
import type { FlowDeps } from './flow-deps.ts'
import { isPending, type RunningFlow } from './running-flow.ts'

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

/** With any port, a free one is opened for this attempt; where that cannot be, the local server's does. */
export async function sentRedirectUri(
  deps: Pick<FlowDeps, 'home' | 'openDoor'>,
  running: RunningFlow,
  plan: RedirectPlan,
): Promise<string | null> {
  running.door?.close()
  running.door = null
  if (plan.way !== 'any-port' || plan.redirectUri === null) return plan.redirectUri
  const door = await deps.openDoor(new URL(plan.redirectUri).hostname as LoopbackHost)
  if (isPending(running.flow)) running.door = door
  else door?.close()
  return withPort(plan.redirectUri, door?.port ?? deps.home().port)
}

/** Told before the person signs in, not when the browser ends at an error page. */
export function homeWarning(
  deps: Pick<FlowDeps, 'home'>,
  { door }: RunningFlow,
  plan: RedirectPlan,
): string | null {
  const needsServer = door === null && (plan.way === 'any-port' || plan.way === 'fixed-port')
  return needsServer && !deps.home().listening
    ? "Keyway's local server does not listen, so the browser cannot come back by itself. Paste the address it ends at."
    : null
}
