// Starts an authorization code sign-in: authorization URL, redirect URI and browser.
import { asKeywayError } from '../../../../shared/contract/errors.ts'
import type { ConnectInput, Flow } from '../../../../shared/contract/flow.ts'
import type { ProviderRecord } from '../../../../shared/contract/provider.ts'
import type { RedirectPlan } from '../../../../shared/contract/ui-api.ts'
import { type LoopbackHost, withPort } from '../../../../shared/domain/redirect-uri.ts'
import { withTimeout } from '../../async.ts'
import { resolveProvider } from '../../providers/store.ts'
import { type FlowDeps, type FlowStart, isPendingFlow, type RunningFlow, startFailed } from './sessions.ts'

const OPENER_MS = 5_000

/**
 * Builds a fresh authorization URL with its own state and PKCE verifier, and opens the browser or returns a
 * link.
 */
export async function startBrowserFlow(deps: FlowDeps, start: FlowStart): Promise<Flow> {
  const { running, provider } = start
  const { input } = running
  try {
    const planned = redirectPlan(deps, provider, input.redirect)
    const registered = await ensureRegisteredClient(deps, running, provider, planned)
    // The registration may have taken another loopback name only.
    const plan = registered === provider ? planned : redirectPlan(deps, registered, input.redirect)
    const resolved = resolveProvider(deps, registered)
    const { url, authorizationState } = await deps.oauth.authorize(
      resolved,
      {
        redirectUri: await sentRedirectUri(deps, running, plan),
        scopes: running.scopes,
        secondaryScopes: provider.secondaryScopes,
        loginHint: input.loginHint ?? start.before?.identity.label ?? null,
        prompt: input.prompt,
        optionalParams: pick(provider.parameters, resolved.spec.authorize.optionalParams),
      },
      running.abort.signal,
    )
    if (!isPendingFlow(running.flow)) return running.flow
    deps.flows.bind(running, authorizationState)
    deps.flows.show(running, (base) => ({
      ...base,
      kind: 'waiting_for_browser',
      authorizationUrl: url,
      redirectUri: authorizationState.redirectUri,
      opened: false,
      warning: redirectWarning(deps, running, plan),
    }))
  } catch (error) {
    return startFailed(deps, running, asKeywayError(error))
  }
  return start.open === 'browser' ? openBrowser(deps, running, browserOf(start)) : running.flow
}

const browserOf = ({ running, before }: FlowStart): string | null =>
  running.input.browser ?? before?.browser ?? null

/** A browser that does not open is only a warning: the link is shown. */
async function openBrowser(deps: FlowDeps, running: RunningFlow, browser: string | null): Promise<Flow> {
  const { flow, authorizationState } = running
  if (flow.kind !== 'waiting_for_browser') return flow
  const asked = Promise.resolve().then(() => deps.browser.open(flow.authorizationUrl, browser))
  const result = await withTimeout(deps.clock, OPENER_MS, asked, () => new Error('it did not answer')).catch(
    (error: unknown) => ({
      opened: false as const,
      reason: error instanceof Error ? error.message : 'unknown reason',
    }),
  )
  // The person may have continued before the browser opener returned.
  if (running.authorizationState !== authorizationState || running.flow.kind !== 'waiting_for_browser')
    return running.flow
  return deps.flows.show(running, () => ({
    ...flow,
    opened: result.opened,
    warning: result.opened
      ? flow.warning
      : `The browser could not be opened (${result.reason}). Open the link yourself.`,
  }))
}

function pick(values: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = values[name]
      return value === undefined || value === '' ? [] : [[name, value]]
    }),
  )
}

// The redirect URI of one sign-in: the planned method with the real port.

export function redirectPlan(
  deps: Pick<FlowDeps, 'planRedirect' | 'providers'>,
  provider: ProviderRecord,
  redirect: ConnectInput['redirect'],
): RedirectPlan {
  return deps.planRedirect({
    ...provider,
    flow: 'authorization_code',
    spec: deps.providers.specOf(provider),
    redirect: redirect === 'auto' ? provider.redirect : redirect,
  })
}

/**
 * If any port is allowed, opens a listener on a free port for this sign-in; if that fails, the local server's
 * port is used.
 */
async function sentRedirectUri(
  deps: Pick<FlowDeps, 'localServer' | 'openLoopbackListener'>,
  running: RunningFlow,
  plan: RedirectPlan,
): Promise<string | null> {
  running.loopbackListener?.close()
  running.loopbackListener = null
  if (plan.way !== 'any-port' || plan.redirectUri === null) return plan.redirectUri
  const loopbackListener = await deps.openLoopbackListener(new URL(plan.redirectUri).hostname as LoopbackHost)
  if (isPendingFlow(running.flow)) running.loopbackListener = loopbackListener
  else loopbackListener?.close()
  return withPort(plan.redirectUri, loopbackListener?.port ?? deps.localServer().port)
}

/** Shown before the sign-in, and not after the browser ended at an error page. */
function redirectWarning(
  deps: Pick<FlowDeps, 'localServer'>,
  { loopbackListener }: RunningFlow,
  plan: RedirectPlan,
): string | null {
  const needsServer = loopbackListener === null && (plan.way === 'any-port' || plan.way === 'fixed-port')
  return needsServer && !deps.localServer().listening
    ? "Keyway's local server does not listen, so the browser cannot come back by itself. Paste the address it ends at."
    : null
}

/**
 * The provider with a client id. If it has none and supports registration, a client is registered and stored
 * now.
 */
export async function ensureRegisteredClient(
  deps: FlowDeps,
  running: RunningFlow,
  provider: ProviderRecord,
  plan: RedirectPlan | null,
): Promise<ProviderRecord> {
  const { client } = deps.providers.specOf(provider)
  const registersClients = client.registrationRequest !== null || client.dynamicRegistration
  const isUsable = provider.clientId !== '' && provider.clientRefusedAt === null
  if (isUsable || client.noRegistration || !registersClients) return provider
  const registered = await deps.oauth.register(
    resolveProvider(deps, provider),
    { redirectUris: plan?.redirectUri == null ? [] : [plan.redirectUri], scopes: running.scopes },
    running.abort.signal,
  )
  running.isClientNew = true
  return deps.registry().saveRegisteredClient(provider.id, registered)
}
