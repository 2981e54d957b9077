// Handles the authorization response. The state selects the sign-in and can be used once. The result page
// gets an answer in any case and in time.
import { hash } from 'node:crypto'
import type { ConnectionRecord } from '../../../../shared/contract/connection.ts'
import { asKeywayError, KeywayError } from '../../../../shared/contract/errors.ts'
import type { Flow } from '../../../../shared/contract/flow.ts'
import { pastedCallback } from '../../../../shared/domain/callback-url.ts'
import { withTimeout } from '../../async.ts'
import type { CallbackResult } from '../../keyway.ts'
import { fieldDetail, isUnreadable, isWithoutAnswer, LATER } from '../../oauth/token/errors.ts'
import type { ResolvedProvider, TokenResponse, TokenOutcome } from '../../oauth/types.ts'
import { resolveProvider } from '../../providers/store.ts'
import { finishSignIn } from './finish.ts'
import {
  FLOW_MS,
  type FlowDeps,
  isPendingFlow,
  type PendingSignIn,
  type RunningFlow,
  startFailed,
} from './sessions.ts'

/**
 * Limit for the browser tab that waits. The client's own deadlines (exchange, identity, resources) are
 * shorter.
 */
const CALLBACK_MS = 30_000

export async function receiveCallback(
  deps: FlowDeps,
  parameters: URLSearchParams,
  arrivedAt: string | null,
): Promise<CallbackResult> {
  try {
    assertRedirectUri(deps, parameters, arrivedAt)
    const repeated = repeatedFlow(deps, parameters)
    if (repeated === null) return await finished(deps, takeFlow(deps, parameters), parameters)
    await repeated.received?.settled
    return resultOf(repeated)
  } catch (error) {
    const { code, message, nextStep } = asKeywayError(error)
    deps.logger.warn('A callback was not accepted', { code })
    return { flow: null, returnUrl: null, failure: { code, message, nextStep } }
  }
}

async function finished(
  deps: FlowDeps,
  running: RunningFlow,
  parameters: URLSearchParams,
): Promise<CallbackResult> {
  const late = new KeywayError('deadline_exceeded')
  const exchanging = withTimeout(
    deps.clock,
    CALLBACK_MS,
    exchange(deps, running, parameters),
    () => late,
  ).catch((error: unknown) => {
    if (error !== late) throw error
  })
  running.received = {
    digest: digestOf(parameters),
    at: deps.clock.now(),
    settled: exchanging.then(
      () => undefined,
      () => undefined,
    ),
  }
  await exchanging
  return resultOf(running)
}

/**
 * The sign-in whose response a browser brings again: reloaded, restored, or fetched before by a scanner. It
 * shows the result and does nothing a second time. Null: this is not such a response.
 */
function repeatedFlow(deps: FlowDeps, parameters: URLSearchParams): RunningFlow | null {
  const state = stateIn(deps, parameters)
  const running = state === null ? null : deps.flows.ownerOf(state)
  const received = running?.received ?? null
  if (received === null || received.digest !== digestOf(parameters)) return null
  return deps.clock.now() - received.at > FLOW_MS ? null : running
}

function resultOf({ flow, input: { returnUrl } }: RunningFlow): CallbackResult {
  if (flow.kind !== 'failed' && flow.kind !== 'exchanging') return { flow, returnUrl, failure: null }
  const { code, message, nextStep } =
    flow.kind === 'failed' ? flow.failure : new KeywayError('deadline_exceeded')
  return { flow, returnUrl, failure: { code, message, nextStep } }
}

function digestOf(parameters: URLSearchParams): string {
  return hash('sha256', parameters.toString())
}

/**
 * Handles a pasted response: the final address, its query, or only the code.
 * @throws KeywayError; the sign-in then still waits.
 */
export async function receivePastedCallback(
  deps: FlowDeps,
  running: RunningFlow,
  text: string,
): Promise<Flow> {
  const { authorizationState } = running
  if (running.flow.kind !== 'waiting_for_browser' || authorizationState === null) {
    throw new KeywayError('flow_not_found', { message: 'This sign-in does not wait for an answer.' })
  }
  const parameters = pastedCallback(text, { state: authorizationState.state })
  if (parameters === null) {
    throw new KeywayError('invalid_request', {
      message: 'That is neither the final address nor a code.',
      nextStep: 'Copy the whole address that the browser ended at, or the code that the page shows.',
      details: { field: 'text' },
    })
  }
  if (stateIn(deps, parameters) !== authorizationState.state) throw new KeywayError('state_mismatch')
  // A code without parameters has no issuer to mix up: the person copied it from the page that this sign-in
  // opened.
  const isBareCode = parameters.get('code') === text.trim()
  if (isBareCode && typeof authorizationState.issuer === 'string')
    parameters.set('iss', authorizationState.issuer)
  return exchange(deps, takeFlow(deps, parameters), parameters)
}

/**
 * Each listener serves one sign-in. A response that arrives at another listener is rejected (RFC 9700 4.4,
 * distinct redirect URIs).
 */
function assertRedirectUri(deps: FlowDeps, parameters: URLSearchParams, arrivedAt: string | null): void {
  const state = stateIn(deps, parameters)
  if (state === null || arrivedAt === null || !deps.flows.redirectUriMismatches(state, arrivedAt)) return
  throw new KeywayError('state_mismatch', {
    message: 'The answer came to another address than the one that was sent to the provider.',
  })
}

function takeFlow(deps: FlowDeps, parameters: URLSearchParams): RunningFlow {
  const state = stateIn(deps, parameters)
  if (state === null) throw new KeywayError('state_mismatch')
  const taken = deps.flows.take(state)
  if (taken.kind === 'unknown') throw new KeywayError('state_mismatch')
  const running = taken.owner
  if (taken.kind === 'spent' || running.flow.kind !== 'waiting_for_browser') {
    throw new KeywayError(spentCode(running.flow))
  }
  // The machine slept past the expiry timer.
  if (running.base.expiresAt <= deps.clock.now()) {
    const failure = new KeywayError('flow_expired')
    deps.flows.end(running, { kind: 'failed', failure })
    throw failure
  }
  return running
}

function spentCode(flow: Flow): 'callback_replayed' | 'flow_cancelled' | 'flow_expired' {
  if (flow.kind === 'cancelled') return 'flow_cancelled'
  return flow.kind === 'failed' && flow.failure.code === 'flow_expired' ? 'flow_expired' : 'callback_replayed'
}

/**
 * Servers may use another parameter name (spec: authorize.paramNames). A value that is a known state can only
 * be the state.
 */
function stateIn(deps: FlowDeps, parameters: URLSearchParams): string | null {
  const named = parameters.getAll('state')
  if (named.length > 1)
    throw new KeywayError('invalid_request', { message: 'The parameter state came twice.' })
  if (named[0] !== undefined) return named[0]
  return [...parameters].map(([, value]) => value).find((value) => deps.flows.knows(value)) ?? null
}

async function exchange(deps: FlowDeps, running: RunningFlow, parameters: URLSearchParams): Promise<Flow> {
  const { authorizationState } = running
  if (authorizationState === null) throw new KeywayError('flow_not_found')
  deps.flows.show(running, (base) => ({ ...base, kind: 'exchanging' }))
  deps.flows.expireAfter(running, FLOW_MS)
  try {
    const provider = resolveProvider(deps, deps.providers.getOrThrow(running.base.providerId))
    const exchangeCode = (): Promise<TokenOutcome> =>
      deps.oauth.exchange(provider, authorizationState, parameters, running.abort.signal)
    const first = await exchangeCode()
    // A request that was not sent has not used the code.
    const outcome = first.kind === 'retry' && !first.sent ? await exchangeCode() : first
    const response = responseOrThrow(outcome, provider)
    return await finishSignIn(
      deps,
      running,
      pendingSignInFrom(running, provider, response, 'authorization_code'),
    )
  } catch (error) {
    return isPendingFlow(running.flow) ? startFailed(deps, running, asKeywayError(error)) : running.flow
  }
}

/**
 * The token response of a sign-in.
 * @throws KeywayError with the provider's error otherwise
 */
export function responseOrThrow(outcome: TokenOutcome, provider: ResolvedProvider): TokenResponse {
  if (outcome.kind === 'ok') return outcome.response
  const details = { provider: provider.slug, providerCode: outcome.code }
  const { message } = outcome
  if (outcome.kind === 'config_error') {
    throw new KeywayError('config_error', {
      message,
      nextStep: outcome.nextStep,
      details: { ...details, ...fieldDetail(outcome.code) },
    })
  }
  if (outcome.kind === 'retry') {
    if (isUnreadable(outcome.code)) {
      throw new KeywayError('provider_response_invalid', { message, ...settingOf(outcome, details) })
    }
    const later = isWithoutAnswer(outcome.code) ? {} : { nextStep: LATER }
    throw new KeywayError('provider_unreachable', { message, ...later, details })
  }
  throw new KeywayError('provider_error', { message, ...settingOf(outcome, details) })
}

/** The field whose change may help, with the next step. */
function settingOf(
  { setting }: Exclude<TokenOutcome, { kind: 'ok' | 'config_error' }>,
  details: Readonly<Record<string, unknown>>,
): { details: Record<string, unknown>; nextStep?: string } {
  if (setting === undefined) return { details }
  return { nextStep: setting.nextStep, details: { ...details, field: setting.field } }
}

export function pendingSignInFrom(
  running: RunningFlow,
  provider: ResolvedProvider,
  response: TokenResponse,
  how: ConnectionRecord['how'],
): PendingSignIn {
  return {
    provider,
    response,
    sign: { how, identity: { id: null, label: null }, requestedScopes: running.scopes, values: {} },
    redirectUri: running.authorizationState?.redirectUri ?? null,
    connectionId: running.input.connectionId,
    account: running.input.account,
    resources: [],
  }
}
