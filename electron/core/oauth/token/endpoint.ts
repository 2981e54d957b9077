// Sends token requests: deadline, client authentication, and outcomes instead of exceptions for server and
// network failures.
import type { Configuration, CustomFetch, DPoPOptions } from 'openid-client'
import { asKeywayError, type KeywayError, nextStepFor } from '../../../../shared/contract/errors.ts'
import { scopeReading } from '../../../../shared/domain/scopes.ts'
import { type ParsedReply, parseTokenReply, type Tokens } from '../../../../shared/domain/token-response.ts'
import { DeadlineExceeded, withDeadline } from '../../async.ts'
import {
  type AuthMethod,
  buildConfiguration,
  type ClientAuthentication,
  type ClientVerdict,
  isClientRefusal,
} from '../client-authentication.ts'
import type { DpopKeys, PrivateJwk } from '../dpop.ts'
import type { AuthorizationServer } from '../metadata/endpoints.ts'
import { issuerMatches, relaxedIssuer } from '../metadata/metadata.ts'
import { collectValues, shapeRequest, type Shaping, type TokenPurpose } from '../request-format.ts'
import {
  sendHttp,
  httpFailureOf,
  type HttpFailure,
  type HttpRequest,
  type HttpResponse,
  type HttpTransport,
} from '../transport/http-exchange.ts'
import { type Library, loadLibrary } from '../transport/openid-client.ts'
import {
  type OAuthDeps,
  REFRESH_DEADLINE_MS,
  type ResolvedProvider,
  TOKEN_DEADLINE_MS,
  type TokenOutcome,
} from '../types.ts'
import { outcomeOfResponse, outcomeOfHttpFailure, redirectTarget, scrub } from './errors.ts'
import { idTokenClaims, isDpop, normalizeResponse, tokenResponseOf } from './response.ts'

export type GrantTools = {
  library: Library
  config: Configuration
  options: DPoPOptions | undefined
  /** False once the response is known to have no id_token, so that the library does not require one. */
  expectIdToken: boolean
}

/** One request to a token endpoint, for any grant type. */
export type TokenRequest = {
  provider: ResolvedProvider
  server: AuthorizationServer
  /** The address that is really used. The library does not know a separate refresh endpoint. */
  url: string
  purpose: TokenPurpose
  shaping: Shaping
  /** The requested scopes, so that the response is not read as other ones. */
  scopes: readonly string[]
  /** Values of the request that must not appear in a message. */
  secrets: readonly string[]
  dpopKey: PrivateJwk | null
  withoutSecret?: boolean
  /**
   * Monotonic milliseconds at which the whole call started. Earlier work (discovery) counts toward the
   * deadline.
   */
  startedAt?: number
  signal?: AbortSignal | undefined
  /** The grant function of the library. */
  run(tools: GrantTools): Promise<unknown>
}

// Runs every token request: applies the deadline, tries the client authentication methods, and does not throw
// for server or network failures.

export type TokenEndpointClient = {
  request(request: TokenRequest): Promise<TokenOutcome>
}

export function createTokenEndpointClient(
  deps: OAuthDeps,
  { dpopKeys, clients }: { dpopKeys: DpopKeys; clients: ClientAuthentication },
): TokenEndpointClient {
  const attempts = async (call: TokenRequest, signal: AbortSignal): Promise<TokenOutcome> => {
    const library = await loadLibrary()
    const tools = { deps, dpopKeys, library, signal }
    const attempt = (method: AuthMethod): Promise<Attempted> => attemptGrant(tools, call, method)
    const { outcome } = await clients.authenticated(call, attempt, verdictOn)
    return withDpopAdvice(call, outcome)
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
 * The remaining milliseconds of a token call's deadline. Never 0, so that a timeout is reported as the
 * server's failure.
 */
export function timeLeft(
  { clock }: Pick<OAuthDeps, 'clock'>,
  { purpose, startedAt }: { purpose: TokenPurpose; startedAt?: number | undefined },
): number {
  const deadlineMs = purpose === 'refresh' ? REFRESH_DEADLINE_MS : TOKEN_DEADLINE_MS
  return startedAt === undefined ? deadlineMs : Math.max(1000, deadlineMs - (clock.monotonicMs() - startedAt))
}

/** If the server wants tokens bound to a key (RFC 9449) and none was offered, that is the likely cause. */
function withDpopAdvice(
  { provider, server, purpose, dpopKey }: TokenRequest,
  outcome: TokenOutcome,
): TokenOutcome {
  if (dpopKey !== null || outcome.kind === 'ok' || purpose === 'refresh') return outcome
  const nextStep = `Switch DPoP to "auto" under Advanced on the page of ${provider.name}, then sign in again.`
  if (outcome.code === 'invalid_dpop_proof' || outcome.code === 'use_dpop_nonce') {
    const message = `${provider.name} wants tokens that are bound to a key (DPoP).`
    return { kind: 'config_error', code: outcome.code, message, nextStep }
  }
  const offered = server.discovered?.dpop_signing_alg_values_supported ?? []
  if (purpose === 'device' || outcome.kind !== 'ended' || offered.length === 0) return outcome
  const advice = `If this client needs tokens bound to a key: ${nextStep}`
  return { ...outcome, setting: { field: 'spec.dpop', nextStep: advice } }
}

/** A bare 401 or 403 counts as well: many servers refuse a client without a readable error. */
function verdictOn({ outcome, isBareRefusal }: Attempted): ClientVerdict {
  if (outcome.kind === 'ok') return 'accepted'
  if (isBareRefusal) return 'refused'
  if (outcome.kind !== 'refused' && outcome.kind !== 'config_error') return 'unknown'
  return isClientRefusal(outcome.code, outcome.message) ? 'refused' : 'unknown'
}

/** The outcome for an error before the request (missing address, discovery). */
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

// Runs one grant through the library. Its fetch adapts non-conformant servers: the request is shaped before
// it is sent, and the response is normalized. If the library rejects the response, the provider's rules are
// applied; the request is never repeated.

export type AttemptTools = { deps: OAuthDeps; dpopKeys: DpopKeys; library: Library; signal: AbortSignal }

type Received = { reply: HttpResponse; parsed: ParsedReply }
/** `isBareRefusal`: the response was 401 or 403 without a readable error. */
type Attempted = { outcome: TokenOutcome; isBareRefusal: boolean }
type Checks = { issuer: string | null; skewSeconds: number; expectIdToken: boolean }

async function attemptGrant(tools: AttemptTools, call: TokenRequest, method: AuthMethod): Promise<Attempted> {
  const seen: Seen = { received: null, failure: null }
  const outcome = await sendGrant(tools, call, method, seen)
  const { received } = seen
  const isBareRefusal =
    received?.parsed.kind === 'unreadable' && (received.reply.status === 401 || received.reply.status === 403)
  return { outcome, isBareRefusal }
}

type Seen = { received: Received | null; failure: HttpFailure | null }

async function sendGrant(
  tools: AttemptTools,
  call: TokenRequest,
  method: AuthMethod,
  seen: Seen,
): Promise<TokenOutcome> {
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
  if (parsed.kind !== 'tokens') return outcomeOfResponse(reply, parsed, { ...facts, url: call.url })
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
  const wire = { fetch: deps.fetchFor(call.provider.extraCa), clock: deps.clock, signal }
  const reply = await sendAndFollow(wire, request, call.dpopKey === null ? 3 : 0)
  const { token, scopes } = call.provider.spec
  return { reply, parsed: parseTokenReply(reply, token, scopeReading(scopes, call.scopes)) }
}

/**
 * Follows a redirect that keeps method and body (RFC 9110 15.4.8), but only within the origin that the
 * request was meant for. A DPoP proof names its address, so such a request is not sent elsewhere.
 */
async function sendAndFollow(
  transport: HttpTransport,
  request: HttpRequest,
  most: number,
): Promise<HttpResponse> {
  const reply = await sendHttp(transport, request)
  const target = redirectTarget(request.url, reply)
  const isKept = reply.status === 307 || reply.status === 308
  if (target === null || !isKept || most === 0 || target.origin !== new URL(request.url).origin) return reply
  return sendAndFollow(transport, { ...request, url: target.href }, most - 1)
}

/** Null if the library accepts the response, else its error. */
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
 * The relaxed checks of this provider: issuer pattern, server clock, and no id_token if the response has
 * none.
 */
function adjusted(call: TokenRequest, tokens: Tokens, reply: HttpResponse): Checks {
  const expected = call.server.metadata.issuer
  const claims = tokens.idToken === null ? {} : idTokenClaims(tokens.idToken)
  const told = typeof claims['iss'] === 'string' ? claims['iss'] : null
  return {
    // Without a known issuer there is nothing to compare with. The id_token comes directly from the token
    // endpoint over TLS (OpenID Connect Core 3.1.3.7), so its issuer is taken, and compared from then on.
    issuer:
      call.server.issuer === null && call.purpose !== 'refresh'
        ? told
        : relaxedIssuer(expected, claims, call.provider.spec.discovery),
    // The server that sent this response dated the id_token, so its clock is used.
    skewSeconds: Math.round((reply.serverNow - Date.now()) / 1000),
    expectIdToken: tokens.idToken !== null,
  }
}

/** The library reads the system clock; the core has its own clock. */
function localSkewSeconds({ deps }: AttemptTools): number {
  const skew = Math.round((deps.clock.now() - Date.now()) / 1000)
  return Math.abs(skew) < 2 ? 0 : skew
}

/**
 * Handles an invalid id_token. At sign-in it is an error: it may belong to somebody else. At a refresh the
 * new tokens are kept, because the old ones are used up and the identity was verified at sign-in.
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
  return (
    otherIssuer(call, parsed.tokens) ?? {
      kind: 'refused',
      code: 'id_token_invalid',
      message: `The id_token does not hold: ${reason}`,
    }
  )
}

/** The outcome for an id_token of another issuer than the known one; null if that is not the problem. */
function otherIssuer({ provider, server }: TokenRequest, { idToken }: Tokens): TokenOutcome | null {
  const iss = idToken === null ? null : idTokenClaims(idToken)['iss']
  if (typeof iss !== 'string' || server.issuer === null || iss === server.issuer) return null
  if (issuerMatches(server.issuer, iss, provider.spec.discovery)) return null
  const found = scrub(iss, [provider.clientSecret?.reveal()])
  return {
    kind: 'refused',
    code: 'id_token_invalid',
    message: `The id_token is from ${found}, but the issuer of ${provider.name} is ${server.issuer}.`,
    setting: {
      field: 'spec.discovery.issuer',
      nextStep: `If ${found} is right, set it as the issuer of ${provider.name}, then sign in again.`,
    },
  }
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

function failureFactsOf(call: TokenRequest): {
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

/** The library failed before a request was sent: it cannot use this configuration. */
function missing(problem: unknown): never {
  throw problem instanceof Error ? problem : new Error('the library sent nothing')
}
