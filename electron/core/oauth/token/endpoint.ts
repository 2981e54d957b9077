import type { Configuration, CustomFetch, DPoPOptions } from 'openid-client'
import { asKeywayError, type KeywayError, nextStepFor } from '../../../../shared/contract/errors.ts'
import { type ParsedReply, parseTokenReply, type Tokens } from '../../../../shared/domain/token-response.ts'
import { DeadlineExceeded, withDeadline } from '../../async.ts'
import {
  type AuthMethod,
  authMethods,
  buildConfiguration,
  isClientRejection,
} from '../client-authentication.ts'
import type { DpopKeys, PrivateJwk } from '../dpop.ts'
import type { AuthorizationServer } from '../metadata/endpoints.ts'
import { relaxedIssuer } from '../metadata/metadata.ts'
import { collectValues } from '../templates.ts'
import { sendHttp, httpFailureOf, type HttpFailure, type HttpResponse } from '../transport/http-exchange.ts'
import { type Library, loadLibrary } from '../transport/openid-client.ts'
import {
  type OAuthDeps,
  REFRESH_DEADLINE_MS,
  type ResolvedProvider,
  TOKEN_DEADLINE_MS,
  type TokenOutcome,
} from '../types.ts'
import { outcomeOfResponse, outcomeOfHttpFailure, scrub } from './errors.ts'
import { shapeRequest, type Shaping, type TokenPurpose } from './request-format.ts'
import { idTokenClaims, isDpop, normalizeResponse, tokenResponseOf } from './response.ts'

export type GrantTools = {
  library: Library
  config: Configuration
  options: DPoPOptions | undefined
  /** False once the reply is known to have no id_token, so that none is insisted on. */
  expectIdToken: boolean
}

/** One request to a token endpoint, whatever the grant. */
export type TokenRequest = {
  provider: ResolvedProvider
  server: AuthorizationServer
  /** Where it really goes; a separate refresh address is unknown to the library. */
  url: string
  purpose: TokenPurpose
  shaping: Shaping
  /** What was sent and must not come back in a message. */
  secrets: readonly string[]
  dpopKey: PrivateJwk | null
  withoutSecret?: boolean
  /**
   * Monotonic milliseconds at which the whole call began: what came before (discovery) is part of the
   * deadline.
   */
  startedAt?: number
  signal?: AbortSignal | undefined
  /** The library's grant. */
  run(tools: GrantTools): Promise<unknown>
}

// The frame of every token request: deadline, which authentication to try, and no throw for what a server or
// the network does.

export type TokenEndpointClient = {
  request(request: TokenRequest): Promise<TokenOutcome>
}

export function createTokenEndpointClient(deps: OAuthDeps, dpopKeys: DpopKeys): TokenEndpointClient {
  /** Which way of authentication a provider took, where the spec leaves it open. */
  const taken = new Map<string, AuthMethod>()

  const attempts = async (call: TokenRequest, signal: AbortSignal): Promise<TokenOutcome> => {
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
    async request(request) {
      try {
        return await withDeadline(
          { clock: deps.clock, timeoutMs: timeLeft(deps, request), signal: request.signal },
          (signal) => attempts(request, signal),
        )
      } catch (error) {
        const stopped = error instanceof DeadlineExceeded || request.signal?.aborted === true
        if (!stopped) throw asKeywayError(error)
        return outcomeOfHttpFailure(stopFailure(error, request), failureFactsOf(request))
      }
    },
  }
}

function stopFailure(error: unknown, request: TokenRequest): ReturnType<typeof httpFailureOf> {
  const { host } = new URL(request.url)
  return httpFailureOf(
    request.signal?.aborted === true ? new DOMException('cancelled', 'AbortError') : error,
    host,
  )
}

/**
 * What is left of a token call's deadline; never nothing, so that the failure is the server's and not the
 * arithmetic's.
 */
export function timeLeft(
  { clock }: Pick<OAuthDeps, 'clock'>,
  { purpose, startedAt }: { purpose: TokenPurpose; startedAt?: number | undefined },
): number {
  const deadlineMs = purpose === 'refresh' ? REFRESH_DEADLINE_MS : TOKEN_DEADLINE_MS
  return startedAt === undefined ? deadlineMs : Math.max(1000, deadlineMs - (clock.monotonicMs() - startedAt))
}

/** Servers that do not see the credentials where they look also say it in other ways. */
function isClientRefused(outcome: TokenOutcome): boolean {
  if (outcome.kind === 'refused') return isClientRejection(outcome.code)
  if (outcome.kind !== 'config_error') return false
  const aboutClient = /client[_ ]?(?:id|secret|auth|cred)|credential/i.test(outcome.message)
  return isClientRejection(outcome.code) || (outcome.code === 'invalid_request' && aboutClient)
}

/** RFC 8414: metadata without the field means Basic. Without metadata nobody has said. */
function supportedMethods({ server }: TokenRequest): readonly string[] | null {
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

// One grant through the library. Its fetch is where odd servers become standard ones: the request is shaped
// on the way out, the reply on the way in. What the library then refuses is looked at again with the rules of
// the provider; the request itself is never repeated.

export type AttemptTools = { deps: OAuthDeps; dpopKeys: DpopKeys; library: Library; signal: AbortSignal }

type Received = { reply: HttpResponse; parsed: ParsedReply }
type Checks = { issuer: string | null; skewSeconds: number; expectIdToken: boolean }

export async function attemptGrant(
  tools: AttemptTools,
  call: TokenRequest,
  method: AuthMethod,
): Promise<TokenOutcome> {
  const seen: { received: Received | null; failure: HttpFailure | null } = { received: null, failure: null }
  const send: CustomFetch = async (_url, init) => {
    try {
      seen.received = await sendTokenRequest(tools, call, init)
      return normalizeResponse(seen.received.reply, seen.received.parsed)
    } catch (error) {
      seen.failure = httpFailureOf(error, new URL(call.url).host)
      throw seen.failure
    }
  }
  const plain: Checks = { issuer: null, skewSeconds: localSkewSeconds(tools), expectIdToken: true }
  const problem = await runGrant(tools, call, { method, fetch: send, checks: plain })
  const facts = failureFactsOf(call)
  if (seen.failure !== null) return outcomeOfHttpFailure(seen.failure, facts)
  const { reply, parsed } = seen.received ?? missing(problem)
  if (parsed.kind !== 'tokens') return outcomeOfResponse(reply, parsed, facts)
  if (problem === null) return accepted(call, reply, parsed)
  const again = await runGrant(tools, call, {
    method,
    fetch: () => Promise.resolve(normalizeResponse(reply, parsed)),
    checks: adjusted(call, parsed.tokens, reply),
  })
  if (again === null) return accepted(call, reply, parsed)
  const reason = scrub(reasonOf(again), [...facts.secrets, ...parsed.secrets])
  return withoutIdToken(tools, call, { reply, parsed, reason })
}

async function sendTokenRequest(
  { deps, signal }: AttemptTools,
  call: TokenRequest,
  init: Parameters<CustomFetch>[1],
): Promise<Received> {
  const parameters = [...new URLSearchParams(init.body instanceof URLSearchParams ? init.body : '')]
  const request = shapeRequest({ url: call.url, headers: init.headers, parameters }, call.shaping)
  const wire = { fetch: deps.fetchFor(call.provider), clock: deps.clock, signal }
  const reply = await sendHttp(wire, request)
  const { token, scopes } = call.provider.spec
  return { reply, parsed: parseTokenReply(reply, token, scopes.responseSeparator ?? scopes.separator) }
}

/** Null when the library is content, else what it said. */
async function runGrant(
  { library, dpopKeys }: AttemptTools,
  call: TokenRequest,
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

/**
 * The provider's relaxations, made explicit: its issuer pattern, the server's own clock, no id_token where
 * none came.
 */
function adjusted(call: TokenRequest, tokens: Tokens, reply: HttpResponse): Checks {
  const expected = call.server.metadata.issuer
  return {
    issuer:
      tokens.idToken === null
        ? null
        : relaxedIssuer(expected, idTokenClaims(tokens.idToken), call.provider.spec.discovery),
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
 * An id_token that does not hold. At sign-in that is the end: it may be somebody else's. At a refresh the new
 * tokens are kept, because the old ones are spent already and the identity was checked at sign-in.
 */
function withoutIdToken(
  { deps }: AttemptTools,
  call: TokenRequest,
  {
    reply,
    parsed,
    reason,
  }: { reply: HttpResponse; parsed: ParsedReply & { kind: 'tokens' }; reason: string },
): TokenOutcome {
  deps.logger.warn('an id_token was refused', { provider: call.provider.slug, purpose: call.purpose, reason })
  if (call.purpose === 'refresh') {
    return accepted(call, reply, { ...parsed, tokens: { ...parsed.tokens, idToken: null } })
  }
  return { kind: 'refused', code: 'id_token_invalid', message: `The id_token does not hold: ${reason}` }
}

function accepted(
  call: TokenRequest,
  reply: HttpResponse,
  parsed: ParsedReply & { kind: 'tokens' },
): TokenOutcome {
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
  const secrets = [...failureFactsOf(call).secrets, ...parsed.secrets]
  return { kind: 'ok', response: tokenResponseOf(tokens, reply, { dpopKey, values, secrets }) }
}

export function failureFactsOf(call: TokenRequest): {
  providerName: string
  purpose: TokenRequest['purpose']
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
