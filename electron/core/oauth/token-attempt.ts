// One grant through the library. Its fetch is where odd servers become standard ones: the request is shaped on the way out, the reply on the
// way in. What the library then refuses is looked at again with the rules of the provider; the request itself is never repeated.
import type { CustomFetch } from 'openid-client'
import { parseTokenReply, type ParsedReply, type Tokens } from '../../../shared/domain/token-response.ts'
import type { AuthMethod } from './client-authentication.ts'
import { buildConfiguration } from './configuration.ts'
import type { DpopKeys } from './dpop-keys.ts'
import { claimsOf } from './id-token.ts'
import { relaxedIssuer } from './issuer-rules.ts'
import type { Library } from './library.ts'
import type { TokenOutcome } from './oauth-client.ts'
import type { OAuthDeps } from './oauth-deps.ts'
import { collectValues } from './provider-values.ts'
import { shapeRequest } from './shape-request.ts'
import { isDpop, standardReply } from './standard-reply.ts'
import { tokenAnswer } from './token-answer.ts'
import type { TokenCall } from './token-call.ts'
import { outcomeOfReply, outcomeOfWire, scrub } from './token-outcome.ts'
import { wireFailure, type WireFailure } from './wire-failure.ts'
import { sendWire, type WireReply } from './wire.ts'

export type AttemptTools = { deps: OAuthDeps; dpopKeys: DpopKeys; library: Library; signal: AbortSignal }

type Received = { reply: WireReply; parsed: ParsedReply }
type Checks = { issuer: string | null; skewSeconds: number; expectIdToken: boolean }

export async function attemptGrant(
  tools: AttemptTools,
  call: TokenCall,
  method: AuthMethod,
): Promise<TokenOutcome> {
  const seen: { received: Received | null; failure: WireFailure | null } = { received: null, failure: null }
  const send: CustomFetch = async (_url, init) => {
    try {
      seen.received = await exchangeOverWire(tools, call, init)
      return standardReply(seen.received.reply, seen.received.parsed)
    } catch (error) {
      seen.failure = wireFailure(error, new URL(call.url).host)
      throw seen.failure
    }
  }
  const plain: Checks = { issuer: null, skewSeconds: localSkewSeconds(tools), expectIdToken: true }
  const problem = await runGrant(tools, call, { method, fetch: send, checks: plain })
  const facts = factsOf(call)
  if (seen.failure !== null) return outcomeOfWire(seen.failure, facts)
  const { reply, parsed } = seen.received ?? missing(problem)
  if (parsed.kind !== 'tokens') return outcomeOfReply(reply, parsed, facts)
  if (problem === null) return accepted(call, reply, parsed)
  const again = await runGrant(tools, call, {
    method,
    fetch: () => Promise.resolve(standardReply(reply, parsed)),
    checks: adjusted(call, parsed.tokens, reply),
  })
  if (again === null) return accepted(call, reply, parsed)
  const reason = scrub(reasonOf(again), [...facts.secrets, ...parsed.secrets])
  return withoutIdToken(tools, call, { reply, parsed, reason })
}

async function exchangeOverWire(
  { deps, signal }: AttemptTools,
  call: TokenCall,
  init: Parameters<CustomFetch>[1],
): Promise<Received> {
  const parameters = [...new URLSearchParams(init.body instanceof URLSearchParams ? init.body : '')]
  const request = shapeRequest({ url: call.url, headers: init.headers, parameters }, call.shaping)
  const wire = { fetch: deps.fetchFor(call.provider), clock: deps.clock, signal }
  const reply = await sendWire(wire, request)
  const { token, scopes } = call.provider.spec
  return { reply, parsed: parseTokenReply(reply, token, scopes.responseSeparator ?? scopes.separator) }
}

/** Null when the library is content, else what it said. */
async function runGrant(
  { library, dpopKeys }: AttemptTools,
  call: TokenCall,
  how: { method: AuthMethod; fetch: CustomFetch; checks: Checks },
): Promise<unknown> {
  const { issuer, skewSeconds, expectIdToken } = how.checks
  const { provider, server } = call
  try {
    const config = buildConfiguration(library, { provider, server, issuer, skewSeconds, ...how })
    const key = call.dpopKey
    const options =
      key === null ? undefined : { DPoP: await dpopKeys.handle({ library, config, skewSeconds }, key) }
    await call.run({ library, config, options, expectIdToken })
    return null
  } catch (error) {
    return error ?? new Error('the library failed without a reason')
  }
}

/** The provider's relaxations, made explicit: its issuer pattern, the server's own clock, no id_token where none came. */
function adjusted(call: TokenCall, tokens: Tokens, reply: WireReply): Checks {
  const expected = call.server.metadata.issuer
  return {
    issuer:
      tokens.idToken === null
        ? null
        : relaxedIssuer(expected, claimsOf(tokens.idToken), call.provider.spec.discovery),
    // An id_token was dated by the server that sent this very reply, so its clock is the one to measure by.
    skewSeconds: Math.round((reply.serverNow - Date.now()) / 1000),
    expectIdToken: tokens.idToken !== null,
  }
}

/** The library reads the machine's clock; the core has its own. */
function localSkewSeconds({ deps }: AttemptTools): number {
  const skew = Math.round((deps.clock.now() - Date.now()) / 1000)
  return Math.abs(skew) < 2 ? 0 : skew
}

/**
 * An id_token that does not hold. At sign-in that is the end: it may be somebody else's. At a refresh the new tokens are kept, because the
 * old ones are spent already and the identity was checked at sign-in.
 */
function withoutIdToken(
  { deps }: AttemptTools,
  call: TokenCall,
  { reply, parsed, reason }: { reply: WireReply; parsed: ParsedReply & { kind: 'tokens' }; reason: string },
): TokenOutcome {
  deps.logger.warn('an id_token was refused', { provider: call.provider.slug, purpose: call.purpose, reason })
  if (call.purpose === 'refresh') {
    return accepted(call, reply, { ...parsed, tokens: { ...parsed.tokens, idToken: null } })
  }
  return { kind: 'refused', code: 'id_token_invalid', message: `The id_token does not hold: ${reason}` }
}

function accepted(call: TokenCall, reply: WireReply, parsed: ParsedReply & { kind: 'tokens' }): TokenOutcome {
  const { tokens, data } = parsed
  const bound = isDpop(tokens.tokenType)
  if (call.provider.spec.dpop === 'always' && !bound && call.purpose !== 'refresh') {
    return {
      kind: 'config_error',
      code: 'dpop_ignored',
      message: `${call.provider.name} answered with a plain Bearer token although DPoP is demanded.`,
      nextStep:
        'Switch DPoP to "auto" or "off" under Advanced, or enable it for this client at the provider.',
    }
  }
  const dpopKey = bound ? call.dpopKey : null
  const values = collectValues(call.provider, 'token', data)
  const secrets = [...factsOf(call).secrets, ...parsed.secrets]
  return { kind: 'ok', answer: tokenAnswer(tokens, reply, { dpopKey, values, secrets }) }
}

export function factsOf(call: TokenCall): {
  providerName: string
  purpose: TokenCall['purpose']
  secrets: string[]
} {
  const secret = call.provider.clientSecret?.reveal()
  return {
    providerName: call.provider.name,
    purpose: call.purpose,
    secrets: [...call.secrets, ...(secret === undefined ? [] : [secret])],
  }
}

function reasonOf(problem: unknown): string {
  if (!(problem instanceof Error)) return 'unknown'
  const inner = problem.cause instanceof Error ? problem.cause.message : ''
  return inner === '' ? problem.message : inner
}

/** The library refused before anything was sent: a setup that it cannot work with. */
function missing(problem: unknown): never {
  throw problem instanceof Error ? problem : new Error('the library sent nothing')
}
