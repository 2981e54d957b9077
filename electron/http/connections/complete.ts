// POST /api/integrations/{id}/connect: completes a sign-in that another program made, or imports an
// authorization from elsewhere.
import type { AppRecord } from '../../../shared/contract/app.ts'
import { type ErrorCode, KeywayError } from '../../../shared/contract/errors.ts'
import type { Flow } from '../../../shared/contract/flow.ts'
import type { ConnectBody, ConnectionResponse } from '../../../shared/contract/http-api.ts'
import type { AppSession, Keyway } from '../../core/keyway.ts'
import { mayFinish, requireConnectionManagement } from '../security/authorize.ts'
import type { HttpContext } from '../server/context.ts'
import { connectInputOf, flowState } from './start.ts'
import { chooseProvider, chooseToConnect, sameAccount } from './selection.ts'
import { connectionAnswer } from './views.ts'

const DEADLINE_MS = 15_000

export async function completeConnection(
  context: HttpContext,
  { app }: AppSession,
  id: string,
  body: ConnectBody,
): Promise<ConnectionResponse> {
  const { keyway } = context
  const chosen = chooseProvider(keyway, app, id)
  const { provider } = chosen
  const target = chooseToConnect(keyway, app, chosen, body.account)
  const existing = target.connectionId === null ? null : keyway.connections.record(target.connectionId)
  requireConnectionManagement(keyway, app, { provider, connection: existing })
  const started =
    body.refreshToken === undefined
      ? await keyway.flows.paste(
          pendingFlow(keyway, app, chosen, body).id,
          body.callbackUrl ?? body.code ?? '',
        )
      : await keyway.connections.connect({
          ...connectInputOf({
            ...target,
            appId: app.id,
            providerId: provider.id,
            addScopes: [],
            returnUrl: null,
          }),
          kind: 'refresh_token',
          token: body.refreshToken,
        })
  const flow = await awaitFlow(keyway, started, DEADLINE_MS)
  refuseDeadProof(flow, body)
  const view = keyway.connections.get(connectedId(flow))
  if (view === null) throw new KeywayError('connection_not_found')
  return connectionAnswer(view)
}

/**
 * The waiting sign-in a code belongs to. Its state tells; without one there must be exactly one candidate.
 * Only sign-ins that this app may bring to an end are candidates: the right is asked of the sign-in that was
 * found, not of the connection that the address names.
 */
function pendingFlow(
  keyway: Keyway,
  app: AppRecord,
  { provider, connection }: ReturnType<typeof chooseProvider>,
  { state, callbackUrl, account }: ConnectBody,
): Flow {
  const waiting = keyway.flows
    .list()
    .filter((flow) => flow.kind === 'waiting_for_browser')
    .filter((flow) => flow.providerId === provider.id && mayFinish(keyway, app, flow))
    .filter((flow) => connection === null || flow.connectionId === connection.id)
    .filter((flow) => account === undefined || flow.account === null || sameAccount(flow.account, account))
  const wanted = state ?? (callbackUrl === undefined ? null : stateOf(callbackUrl))
  const [flow] =
    wanted === null ? waiting : waiting.filter((each) => stateOf(each.authorizationUrl) === wanted)
  if (flow === undefined) throw new KeywayError(wanted === null ? 'flow_not_found' : 'state_mismatch')
  if (wanted === null && waiting.length > 1) {
    throw new KeywayError('invalid_request', {
      message:
        'state: several sign-ins are waiting; the state that came with the code says which one is meant.',
      details: { field: 'state' },
    })
  }
  return flow
}

function stateOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).searchParams.get('state') : null
}

/** What the caller sent is wrong then, not the provider. @throws KeywayError invalid_request */
function refuseDeadProof(flow: Flow, body: ConnectBody): void {
  if (flow.kind !== 'failed' || flow.failure['providerCode'] !== 'invalid_grant') return
  const field = (['refreshToken', 'code', 'callbackUrl'] as const).find((name) => body[name] !== undefined)
  throw new KeywayError('invalid_request', {
    message: `${field}: The provider does not take it: ${flow.failure.message}`,
    nextStep: 'Get a fresh one, or sign in through a connect link.',
    details: { field, provider: flow.providerSlug, providerCode: 'invalid_grant' },
  })
}

/** @throws KeywayError of the failed flow, or when a person has to decide first */
function connectedId(flow: Flow): string {
  switch (flow.kind) {
    case 'done':
      return flow.connectionId
    case 'failed': {
      const { code, message, nextStep, error: _, retryable: __, ...details } = flow.failure
      throw new KeywayError(code satisfies ErrorCode, { message, nextStep, details })
    }
    case 'cancelled':
      throw new KeywayError('flow_cancelled')
    case 'confirming_account':
      throw new KeywayError('account_mismatch', { details: { was: flow.was, is: flow.is } })
    default:
      throw new KeywayError('deadline_exceeded', { details: flowState(flow) })
  }
}

/**
 * The flow once nothing moves any more without a person or a browser, or as it is when the deadline has
 * passed.
 */
function awaitFlow(keyway: Keyway, flow: Flow, deadlineMs: number): Promise<Flow> {
  if (flow.kind !== 'exchanging') return Promise.resolve(flow)
  return new Promise((resolve) => {
    const settle = (): void => {
      cancel()
      stop()
      resolve(keyway.flows.get(flow.id) ?? flow)
    }
    const cancel = keyway.clock.after(deadlineMs, settle)
    const stop = keyway.on('flows', () => {
      if (keyway.flows.get(flow.id)?.kind !== 'exchanging') settle()
    })
  })
}
