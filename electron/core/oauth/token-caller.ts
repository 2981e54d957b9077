// The frame of every token request: deadline, which authentication to try, and no throw for what a server or the network does.
import { asKeywayError, nextStepFor, type KeywayError } from '../../../shared/contract/errors.ts'
import { authMethods, refusesClient, type AuthMethod } from './client-authentication.ts'
import { DeadlinePassed, withinDeadline } from './deadline.ts'
import type { DpopKeys } from './dpop-keys.ts'
import { loadLibrary } from './library.ts'
import { REFRESH_DEADLINE_MS, TOKEN_DEADLINE_MS, type OAuthDeps } from './oauth-deps.ts'
import type { ResolvedProvider, TokenOutcome } from './oauth-client.ts'
import { attemptGrant, factsOf } from './token-attempt.ts'
import type { TokenCall } from './token-call.ts'
import type { TokenPurpose } from './token-shaping.ts'
import { outcomeOfWire } from './token-outcome.ts'
import { wireFailure } from './wire-failure.ts'

export type TokenCaller = {
  call(request: TokenCall): Promise<TokenOutcome>
}

export function createTokenCaller(deps: OAuthDeps, dpopKeys: DpopKeys): TokenCaller {
  /** Which way of authentication a provider took, where the spec leaves it open. */
  const taken = new Map<string, AuthMethod>()

  const attempts = async (call: TokenCall, signal: AbortSignal): Promise<TokenOutcome> => {
    const library = await loadLibrary()
    const key = `${call.provider.id} ${call.provider.clientId} ${call.url}`
    const methods = authMethods(call.provider, {
      supported: supportedMethods(call),
      remembered: taken.get(key),
      withoutSecret: call.withoutSecret ?? false,
    })
    const [first = 'none', ...others] = methods
    let outcome = await attemptGrant({ deps, dpopKeys, library, signal }, call, first)
    if (outcome.kind === 'ok') taken.set(key, first)
    for (const method of others) {
      if (!isClientRefused(outcome)) break
      outcome = await attemptGrant({ deps, dpopKeys, library, signal }, call, method)
      if (outcome.kind === 'ok') taken.set(key, method)
    }
    return outcome
  }

  return {
    async call(request) {
      try {
        return await withinDeadline(
          { clock: deps.clock, timeoutMs: timeLeft(deps, request), signal: request.signal },
          (signal) => attempts(request, signal),
        )
      } catch (error) {
        const stopped = error instanceof DeadlinePassed || request.signal?.aborted === true
        if (!stopped) throw asKeywayError(error)
        return outcomeOfWire(stopFailure(error, request), factsOf(request))
      }
    },
  }
}

function stopFailure(error: unknown, request: TokenCall): ReturnType<typeof wireFailure> {
  const { host } = new URL(request.url)
  return wireFailure(
    request.signal?.aborted === true ? new DOMException('cancelled', 'AbortError') : error,
    host,
  )
}

/** What is left of a token call's deadline; never nothing, so that the failure is the server's and not the arithmetic's. */
export function timeLeft(
  { clock }: Pick<OAuthDeps, 'clock'>,
  { purpose, startedAt }: { purpose: TokenPurpose; startedAt?: number | undefined },
): number {
  const deadlineMs = purpose === 'refresh' ? REFRESH_DEADLINE_MS : TOKEN_DEADLINE_MS
  return startedAt === undefined ? deadlineMs : Math.max(1000, deadlineMs - (clock.monotonicMs() - startedAt))
}

/** Servers that do not see the credentials where they look also say it in other ways. */
function isClientRefused(outcome: TokenOutcome): boolean {
  if (outcome.kind === 'refused') return refusesClient(outcome.code)
  if (outcome.kind !== 'config_error') return false
  const aboutClient = /client[_ ]?(?:id|secret|auth|cred)|credential/i.test(outcome.message)
  return refusesClient(outcome.code) || (outcome.code === 'invalid_request' && aboutClient)
}

/** RFC 8414: metadata without the field means Basic. Without metadata nobody has said. */
function supportedMethods({ server }: TokenCall): readonly string[] | null {
  if (server.discovered === null) return null
  return server.discovered.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
}

/** A coded failure that came before the request (missing address, discovery) as the outcome that it means. */
export function outcomeOfPreparation(provider: ResolvedProvider, thrown: unknown): TokenOutcome {
  const failure: KeywayError = asKeywayError(thrown)
  const passing =
    failure.code === 'provider_unreachable' ||
    failure.code === 'deadline_exceeded' ||
    failure.code === 'flow_cancelled'
  if (passing) {
    return { kind: 'retry', code: failure.code, message: failure.message, retryAfterMs: null, sent: false }
  }
  if (failure.code === 'discovery_failed') {
    return {
      kind: 'retry',
      code: failure.code,
      message: `${provider.name}: ${failure.message}`,
      retryAfterMs: null,
      sent: false,
    }
  }
  if (failure.code === 'internal_error') throw failure
  const nextStep = nextStepFor('window', failure)
  return { kind: 'config_error', code: failure.code, message: failure.message, nextStep }
}
