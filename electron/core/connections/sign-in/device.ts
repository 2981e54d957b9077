// The device authorization sign-in (RFC 8628).
import { asKeywayError } from '../../../../shared/contract/errors.ts'
import type { Flow } from '../../../../shared/contract/flow.ts'
import type { DeviceCode, ResolvedProvider } from '../../oauth/types.ts'
import { resolveProvider } from '../../providers/store.ts'
import { ensureRegisteredClient, redirectPlan } from './authorization-code.ts'
import { responseOrThrow, pendingSignInFrom } from './callback.ts'
import { finishSignIn } from './finish.ts'
import { type FlowDeps, type FlowStart, isPendingFlow, type RunningFlow, startFailed } from './sessions.ts'

/** Shows the user code at once and polls for the token in the background (RFC 8628). */
export async function startDeviceFlow(deps: FlowDeps, start: FlowStart): Promise<Flow> {
  const { running } = start
  try {
    // Servers register no client without a redirect URI; a later sign-in in the browser needs it anyway.
    const plan = redirectPlan(deps, start.provider, 'auto')
    const registered = await ensureRegisteredClient(deps, running, start.provider, plan)
    const provider = resolveProvider(deps, registered)
    const device = await deps.oauth.startDevice(provider, running.scopes, running.abort.signal)
    if (!isPendingFlow(running.flow)) return running.flow
    deps.flows.expireAfter(running, Math.max(0, device.expiresAt - deps.clock.now()))
    void poll(deps, running, provider, device)
    return deps.flows.show(running, (base) => ({
      ...base,
      kind: 'showing_code',
      userCode: device.userCode,
      verificationUri: device.verificationUri,
      verificationUriComplete: device.verificationUriComplete,
      intervalSeconds: device.intervalSeconds,
    }))
  } catch (error) {
    return startFailed(deps, running, asKeywayError(error))
  }
}

async function poll(
  deps: FlowDeps,
  running: RunningFlow,
  provider: ResolvedProvider,
  device: DeviceCode,
): Promise<void> {
  try {
    const response = responseOrThrow(
      await deps.oauth.pollDevice(provider, device, running.abort.signal),
      provider,
    )
    deps.flows.show(running, (base) => ({ ...base, kind: 'exchanging' }))
    await finishSignIn(deps, running, pendingSignInFrom(running, provider, response, 'device_code'))
  } catch (error) {
    if (isPendingFlow(running.flow)) startFailed(deps, running, asKeywayError(error))
  }
}
