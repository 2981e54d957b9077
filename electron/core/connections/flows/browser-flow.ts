import { asKeywayError } from '../../../../shared/contract/errors.ts'
import type { Flow } from '../../../../shared/contract/flow.ts'
import { within } from '../../vault/within.ts'
import { withOwnClient } from './own-client.ts'
import { isPending, type FlowStart, type RunningFlow } from './running-flow.ts'
import { startFailed, type FlowDeps } from './flow-deps.ts'
import { homeWarning, redirectPlan, sentRedirectUri } from './way-home.ts'

const OPENER_MS = 5_000

/** Sends the person to the provider: a fresh URL with its own state and verifier, in the system browser or as a link. */
export async function startBrowserFlow(deps: FlowDeps, start: FlowStart): Promise<Flow> {
  const { running, provider } = start
  const { input } = running
  try {
    const plan = redirectPlan(deps, provider, input.redirect)
    const resolved = deps.resolve(await withOwnClient(deps, running, provider, plan))
    const { url, transaction } = await deps.oauth.authorize(
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
    if (!isPending(running.flow)) return running.flow
    deps.flows.bind(running, transaction)
    deps.flows.show(running, (base) => ({
      ...base,
      kind: 'waiting_for_browser',
      authorizationUrl: url,
      redirectUri: transaction.redirectUri,
      opened: false,
      warning: homeWarning(deps, running, plan),
    }))
  } catch (error) {
    return startFailed(deps, running, asKeywayError(error))
  }
  return start.open === 'browser' ? openBrowser(deps, running, browserOf(start)) : running.flow
}

const browserOf = ({ running, before }: FlowStart): string | null =>
  running.input.browser ?? before?.browser ?? null

/** A browser that does not open is a warning: the link is there. */
async function openBrowser(deps: FlowDeps, running: RunningFlow, browser: string | null): Promise<Flow> {
  const { flow, transaction } = running
  if (flow.kind !== 'waiting_for_browser') return flow
  const asked = Promise.resolve().then(() => deps.browser.open(flow.authorizationUrl, browser))
  const result = await within(deps.clock, OPENER_MS, asked, () => new Error('it did not answer')).catch(
    (error: unknown) => ({
      opened: false as const,
      reason: error instanceof Error ? error.message : 'unknown reason',
    }),
  )
  // The person may have been quicker than the opener's answer.
  if (running.transaction !== transaction || running.flow.kind !== 'waiting_for_browser') return running.flow
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
