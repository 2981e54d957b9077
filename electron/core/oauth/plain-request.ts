// Token requests that are no OAuth grant and so cannot go through the library: exchanging an access token for a longer one.
import { parseTokenReply } from '../../../shared/domain/token-response.ts'
import { DeadlinePassed, withinDeadline } from './deadline.ts'
import type { OAuthDeps } from './oauth-deps.ts'
import type { ResolvedProvider, TokenOutcome } from './oauth-client.ts'
import { collectValues } from './provider-values.ts'
import { timeLeft } from './token-caller.ts'
import { tokenAnswer } from './token-answer.ts'
import { outcomeOfReply, outcomeOfWire, type FailureFacts } from './token-outcome.ts'
import { wireFailure, WireFailure } from './wire-failure.ts'
import { sendWire, type WireRequest } from './wire.ts'

export async function plainTokenRequest(
  deps: OAuthDeps,
  provider: ResolvedProvider,
  request: WireRequest,
  about: { facts: FailureFacts; startedAt?: number; signal?: AbortSignal | undefined },
): Promise<TokenOutcome> {
  const { token, scopes } = provider.spec
  const { host } = new URL(request.url)
  const { purpose } = about.facts
  const timeoutMs = timeLeft(deps, { purpose, startedAt: about.startedAt })
  const deadline = { clock: deps.clock, timeoutMs, signal: about.signal }
  try {
    const reply = await withinDeadline(deadline, (signal) =>
      sendWire({ fetch: deps.fetchFor(provider), clock: deps.clock, signal }, request),
    )
    const parsed = parseTokenReply(reply, token, scopes.responseSeparator ?? scopes.separator)
    if (parsed.kind !== 'tokens') return outcomeOfReply(reply, parsed, about.facts)
    const values = collectValues(provider, 'token', parsed.data)
    const secrets = [...about.facts.secrets, ...parsed.secrets]
    return { kind: 'ok', answer: tokenAnswer(parsed.tokens, reply, { dpopKey: null, values, secrets }) }
  } catch (error) {
    const expected =
      error instanceof WireFailure || error instanceof DeadlinePassed || about.signal?.aborted === true
    if (!expected) throw error
    return outcomeOfWire(wireFailure(error, host), about.facts)
  }
}
