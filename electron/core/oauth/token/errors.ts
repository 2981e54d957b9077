// Interprets failed token requests. Only this file decides between retry, ended, refused and config_error.
import { KeywayError, nextStepFor } from '../../../../shared/contract/errors.ts'
import { readRetryAfter } from '../../../../shared/domain/retry-after.ts'
import { tokenFieldsIn } from '../../../../shared/domain/token-fields.ts'
import type { ParsedReply } from '../../../../shared/domain/token-response.ts'
import { secretTraces } from '../../secret-traces.ts'
import type { HttpFailure, HttpResponse } from '../transport/http-exchange.ts'
import type { TokenOutcome } from '../types.ts'

export type FailedTokenOutcome = Exclude<TokenOutcome, { kind: 'ok' }>

export type FailureFacts = {
  providerName: string
  purpose: 'exchange' | 'refresh' | 'client_credentials' | 'device'
  /** Values that the server may have echoed and that must not be shown. */
  secrets: readonly string[]
  /** The address that was called. */
  url?: string
}

/** One day. */
const MAX_RETRY_AFTER_MS = 86_400_000

/** The outcome if there was no response. */
export function outcomeOfHttpFailure(failure: HttpFailure, facts: FailureFacts): FailedTokenOutcome {
  const sentence = `${facts.providerName}: ${failure.message}.`
  if (failure.kind === 'tls' || failure.kind === 'unsafe_address' || failure.kind === 'setup') {
    const code = failure.kind === 'tls' ? 'tls_failure' : failure.kind
    const own = failure.cause instanceof KeywayError ? nextStepFor('window', failure.cause) : null
    return { kind: 'config_error', code, message: sentence, nextStep: own ?? adviceFor(code) }
  }
  const codes = {
    unreachable: 'unreachable',
    network: 'network_error',
    timeout: 'timeout',
    aborted: 'aborted',
    too_large: 'answer_too_large',
  } as const
  return {
    kind: 'retry',
    code: codes[failure.kind],
    message: sentence,
    retryAfterMs: null,
    sent: failure.sent,
  }
}

/** The outcome of a response without tokens. */
export function outcomeOfResponse(
  reply: HttpResponse,
  parsed: Exclude<ParsedReply, { kind: 'tokens' }>,
  facts: FailureFacts,
): FailedTokenOutcome {
  const secrets = parsed.kind === 'error' ? [...facts.secrets, ...parsed.secrets] : []
  const said = parsed.kind === 'error' ? scrub(parsed.description ?? '', secrets) : ''
  const code = parsed.kind === 'error' ? redactedCode(parsed.code, secrets) : `http_${reply.status}`
  const asked = readRetryAfter(reply.headers.get('retry-after'), reply.serverNow)
  const retryAfterMs = asked === null ? null : Math.min(MAX_RETRY_AFTER_MS, asked)
  const retry = (why: string, sentence: string): FailedTokenOutcome => ({
    kind: 'retry',
    code: why,
    message: `${facts.providerName} ${sentence}${said === '' ? '' : ` (${said})`}.`,
    retryAfterMs,
    sent: true,
  })
  // `invalid_grant` with status 500 is a definite answer with an ambiguous status, so it is confirmed by a
  // second request. 502 to 504 mean "later".
  if (reply.status === 500 && parsed.kind === 'error' && code === 'invalid_grant') {
    return {
      kind: 'refused',
      code,
      message: `${code} with HTTP ${reply.status}${said === '' ? '' : `: ${said}`}`,
    }
  }
  if (isPassing(reply.status)) return retry(`http_${reply.status}`, `answered ${reply.status}`)
  if (parsed.kind === 'error' && passingCodes.has(code.toLowerCase())) return retry(code, `says ${code}`)
  if (parsed.kind === 'error') return outcomeOfCode({ code, said, status: reply.status }, facts)
  if (isClientChallenge(reply)) return configError('invalid_client', '', facts)
  // A refresh is confirmed by a second request first, because a filter in between may have answered.
  const isBare = (reply.status === 401 || reply.status === 403) && !unreadable.has(parsed.code)
  if (isBare && facts.purpose !== 'refresh') return configError(code, '', facts)
  if (movedStatus.has(reply.status)) return movedError(reply, facts)
  if (wrongAddress.has(reply.status)) return configError(code, '', facts)
  const isRefusal = reply.status >= 400 && !unreadable.has(parsed.code)
  if (isRefusal) return { kind: 'refused', code, message: `HTTP ${reply.status} without a reason` }
  const unread = retry(
    reply.status >= 300 && reply.status < 400 ? 'redirected' : parsed.code,
    `answered ${reply.status} with something that cannot be read: ${parsed.message.replace(/\.$/, '')}`,
  )
  return parsed.code === 'no_token_in_answer' ? withTokenField(unread, reply.text) : unread
}

/** Names the place where a token may be. A name of a member is no secret. */
function withTokenField(outcome: FailedTokenOutcome, text: string): FailedTokenOutcome {
  const [fields] = tokenFieldsIn(text)
  if (fields === undefined || outcome.kind !== 'retry') return outcome
  const nextStep = `Under Advanced, read the access token at "${fields.accessToken}", then try again.`
  return { ...outcome, setting: { field: 'spec.token.paths.accessToken', nextStep } }
}

/** Where a redirect leads; null if the response is none. */
export function redirectTarget(from: string, reply: Pick<HttpResponse, 'status' | 'headers'>): URL | null {
  const target = reply.headers.get('location')
  const isRedirect = reply.status >= 300 && reply.status < 400 && target !== null
  return isRedirect && URL.canParse(target, from) ? new URL(target, from) : null
}

/** 301, 307 and 308 say that the address is another one; 302 and 303 also lead to a page in between. */
const movedStatus = new Set([301, 307, 308])

function movedError(reply: HttpResponse, facts: FailureFacts): FailedTokenOutcome {
  const target = redirectTarget(facts.url ?? 'https://unknown.invalid', reply)
  // Without the query, which may repeat values of the request.
  const where = target === null ? '' : ` to ${scrub(target.origin + target.pathname, facts.secrets)}`
  const code = `http_${reply.status}`
  return {
    kind: 'config_error',
    code,
    message: `The token address of ${facts.providerName} redirects${where} (HTTP ${reply.status}).`,
    nextStep: adviceFor(code),
  }
}

/** A response came, but none that the protocol allows. The network is not at fault. */
export const isUnreadable = (code: string): boolean =>
  code.endsWith('_answer') ||
  code === 'no_token_in_answer' ||
  code === 'answer_too_large' ||
  code === 'redirected'

/**
 * A protocol error code is never redacted, even if a secret contains the same text, because it decides what
 * happens next.
 */
function redactedCode(code: string, secrets: readonly string[]): string {
  if (code === 'invalid_grant' || configCodes.has(code) || passingCodes.has(code.toLowerCase())) return code
  return deviceCodes.has(code) ? code : scrub(code, secrets).slice(0, 120)
}

function outcomeOfCode(
  { code, said, status }: { code: string; said: string; status: number },
  facts: FailureFacts,
): FailedTokenOutcome {
  if (code === 'invalid_grant') return { kind: 'ended', code, message: said }
  if (code === 'invalid_request' && facts.purpose === 'refresh' && !isAboutTheForm(said)) {
    return { kind: 'refused', code, message: said === '' ? code : `${code}: ${said}` }
  }
  if (configCodes.has(code) || wrongAddress.has(status)) return configError(code, said, facts)
  return { kind: 'refused', code, message: said === '' ? code : `${code}: ${said}` }
}

/**
 * Many servers send invalid_request for an invalid refresh token, with or without a description. The same
 * request worked before, so its form is the cause only if the description says so.
 */
function isAboutTheForm(said: string): boolean {
  if (/refresh.?token|expired|revoked|\bgrant\b(?!.?type)/i.test(said)) return false
  return /parameter|client|grant.?type|format|content|media|body|header|unsupported|missing|malformed|duplicate|scope/i.test(
    said,
  )
}

function configError(code: string, said: string, facts: FailureFacts): FailedTokenOutcome {
  return {
    kind: 'config_error',
    code,
    message: `${facts.providerName} refuses the way it is set up here: ${code}${said === '' ? '' : `, ${said}`}.`,
    nextStep: adviceFor(code),
  }
}

/**
 * What a refusal is called at an endpoint that gives no tokens (device codes, pushed requests), by the same
 * rules as at the token endpoint. `code`: the error that the body names.
 */
export function refusedRequestCode(
  status: number,
  code: string | null,
): 'provider_unreachable' | 'provider_response_invalid' | 'config_error' | 'provider_error' {
  if (isPassing(status) || passingCodes.has(code?.toLowerCase() ?? '')) return 'provider_unreachable'
  const isSetting = code === null ? status === 401 || status === 403 : configCodes.has(code)
  if (isSetting || wrongAddress.has(status) || movedStatus.has(status)) return 'config_error'
  return code === null && status < 400 ? 'provider_response_invalid' : 'provider_error'
}

/** The next step where the provider was reached and cannot answer now; the network is not the cause. */
export const LATER = 'Try again in a few minutes; the provider was reached and cannot do it now.'

const noAnswer = new Set(['unreachable', 'network_error', 'timeout', 'aborted'])
/** Whether a code of a retry is one for which no answer came. */
export const isWithoutAnswer = (code: string): boolean => noAnswer.has(code)

function isPassing(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500
}

/**
 * 401 with a Basic challenge and no readable error: the server requires other client credentials (RFC 6749
 * 5.2).
 */
function isClientChallenge(reply: HttpResponse): boolean {
  return reply.status === 401 && /^\s*basic\b/i.test(reply.headers.get('www-authenticate') ?? '')
}

const unreadable = new Set(['html_answer', 'torn_answer'])
/** Not found, wrong method or wrong format: the address or the format of the request is wrong. */
const wrongAddress = new Set([404, 405, 406, 410, 415])

const configCodes = new Set([
  'invalid_client',
  'unauthorized_client',
  'invalid_request',
  'invalid_scope',
  'invalid_target',
  'invalid_resource',
  'unsupported_grant_type',
  'unsupported_response_type',
  'redirect_uri_mismatch',
  'invalid_redirect_uri',
  'invalid_dpop_proof',
  'invalid_client_id',
  'bad_client_secret',
  'bad_redirect_uri',
  'incorrect_client_credentials',
])

/** RFC 8628 3.5. */
const deviceCodes = new Set(['authorization_pending', 'slow_down', 'access_denied', 'expired_token'])

/** Error codes that mean "later", also with status 200 or 400. */
const passingCodes = new Set([
  'temporarily_unavailable',
  'server_error',
  'service_unavailable',
  'internal_error',
  'internal_server_error',
  'fatal_error',
  'request_timeout',
  'rate_limited',
  'ratelimited',
  'rate_limit_exceeded',
  'too_many_requests',
  'slow_down',
  'use_dpop_nonce',
])

const MAX_WORDS = 500

/** Removes secrets that the server may have echoed, and shortens the text only after that. */
export function scrub(words: string, secrets: readonly (string | undefined)[]): string {
  return secretTraces(secrets).scrub(words).slice(0, MAX_WORDS)
}

// For each error code: which setting to change, and where.

const advice: Readonly<Record<string, string>> = {
  invalid_client:
    'Check client id and client secret on the provider page, and under Advanced how the client proves itself (Basic or body).',
  unauthorized_client:
    "Check in the provider's console that this client may use this kind of sign-in, and that client id and secret belong together.",
  invalid_request:
    'Run the provider check; it tries other formats. Under Advanced, compare the token parameters with the provider’s documentation.',
  invalid_scope:
    'Correct the scopes on the provider page: the provider does not know one of them, or the client may not have it.',
  invalid_target: 'Check the resource under Advanced: the provider does not know it.',
  unsupported_grant_type: 'Choose another flow on the provider page: this client may not use this one.',
  redirect_uri_mismatch:
    "Register the redirect address shown on the provider page in the provider's console, to the letter.",
  invalid_dpop_proof: 'Check that the clock of this computer is right, or switch DPoP off under Advanced.',
  tls_failure:
    'Check the address and the certificate. For a private authority, add its PEM certificate on the provider page or under Settings.',
  unsafe_address: 'Use an https address on the provider page; http is for this machine only.',
  http_404: 'Check the token address on the provider page: there is nothing at it.',
  http_405:
    'Check the token address and its method on the provider page: the server does not take this method there.',
  http_406: 'Check the token headers under Advanced: the server does not like the Accept header.',
  http_410: 'Check the token address on the provider page: the provider has given it up.',
  http_415: 'Set the token format to JSON under Advanced: the server does not take a form body.',
  http_301: 'Use the address that the token address has moved to.',
  http_307: 'Use the address that the token address has moved to.',
  http_308: 'Use the address that the token address has moved to.',
}

const sameAs: Readonly<Record<string, string>> = {
  invalid_client_id: 'invalid_client',
  bad_client_secret: 'invalid_client',
  incorrect_client_credentials: 'invalid_client',
  http_401: 'invalid_client',
  http_403: 'invalid_client',
  invalid_redirect_uri: 'redirect_uri_mismatch',
  bad_redirect_uri: 'redirect_uri_mismatch',
  invalid_resource: 'invalid_target',
  unsupported_response_type: 'unsupported_grant_type',
}

const fields: Readonly<Record<string, string>> = {
  invalid_client: 'clientId',
  invalid_scope: 'scopes',
  invalid_target: 'spec.resources',
  invalid_dpop_proof: 'spec.dpop',
  unsupported_grant_type: 'flow',
  http_404: 'spec.endpoints.token',
  http_405: 'spec.endpoints.token',
  http_410: 'spec.endpoints.token',
  http_301: 'spec.endpoints.token',
  http_307: 'spec.endpoints.token',
  http_308: 'spec.endpoints.token',
  http_415: 'spec.token.format',
}

/** The field of the provider that an error is about, as a detail; empty if it is about no single one. */
export function fieldDetail(code: string): { field?: string } {
  const field = fields[sameAs[code] ?? code]
  return field === undefined ? {} : { field }
}

/** Null if there is nothing to add to the provider's own message. */
export function knownAdvice(code: string): string | null {
  return advice[sameAs[code] ?? code] ?? null
}

export function adviceFor(code: string): string {
  return knownAdvice(code) ?? 'Run the provider check; it suggests which setting fits this server.'
}
