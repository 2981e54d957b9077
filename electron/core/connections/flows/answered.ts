import type { ConnectionRecord } from '../../../../shared/contract/connection.ts'
import { KeywayError } from '../../../../shared/contract/errors.ts'
import type { ResolvedProvider, TokenAnswer, TokenOutcome } from '../../oauth/oauth-client.ts'
import type { RunningFlow } from './running-flow.ts'
import type { HeldSignIn } from './held-sign-in.ts'

/** The answer of a sign-in's token request. @throws KeywayError with what the provider said instead */
export function answeredOr(outcome: TokenOutcome, provider: ResolvedProvider): TokenAnswer {
  if (outcome.kind === 'ok') return outcome.answer
  const details = { provider: provider.slug, providerCode: outcome.code }
  const { message } = outcome
  if (outcome.kind === 'config_error') {
    throw new KeywayError('config_error', { message, nextStep: outcome.nextStep, details })
  }
  if (outcome.kind === 'retry') throw new KeywayError('provider_unreachable', { message, details })
  throw new KeywayError('provider_error', { message, details })
}

export function heldFrom(
  running: RunningFlow,
  provider: ResolvedProvider,
  answer: TokenAnswer,
  how: ConnectionRecord['how'],
): HeldSignIn {
  return {
    provider,
    answer,
    sign: { how, identity: { id: null, label: null }, requestedScopes: running.scopes, values: {} },
    redirectUri: running.transaction?.redirectUri ?? null,
    connectionId: running.input.connectionId,
    account: running.input.account,
    resources: [],
  }
}
