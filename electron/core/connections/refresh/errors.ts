// Results of a refresh: what callers get, what is stored, and when the refresh is retried.
import type { ConnectionRecord } from '../../../../shared/contract/connection.ts'
import { type ErrorCode, errorTable, KeywayError } from '../../../../shared/contract/errors.ts'
import { failedOutcome, type LastOutcome } from '../../../../shared/domain/expiry.ts'
import { type FailedTokenOutcome, isUnreadable } from '../../oauth/token/errors.ts'
import type { TokenResult } from '../tokens/types.ts'
import type { Backoff } from './backoff.ts'

/**
 * The result of a refresh. `ended`: the provider sent invalid_grant, or nothing can refresh the token.
 * `refused`: the provider rejected it twice with another error, which may be temporary.
 */
export type RefreshResult =
  | { kind: 'ok' }
  | { kind: 'retrying'; retryAt: number; failure: KeywayError }
  | { kind: 'refused'; failure: KeywayError }
  | { kind: 'ended'; failure: KeywayError }
  | { kind: 'config_error'; failure: KeywayError }

export type RefreshFailure = Exclude<RefreshResult, { kind: 'ok' }>

/**
 * What a caller needs to build a connect link or to name the account; part of every error of a connection.
 */
export function failureDetails(
  record: Pick<ConnectionRecord, 'id' | 'account'>,
  providerSlug: string,
): { provider: string; account: string; connectionId: string } {
  return { provider: providerSlug, account: record.account, connectionId: record.id }
}

/** The stored last outcome as a result, for callers while no refresh is attempted. */
export function rememberedFailure(record: ConnectionRecord, providerSlug: string): RefreshFailure | null {
  const { status, code, message, nextStep, retryAt } = record.lastOutcome
  if (status === 'ok') return null
  const failure = (fallback: ErrorCode): KeywayError =>
    new KeywayError(isErrorCode(code) ? code : fallback, {
      ...(message === null ? {} : { message }),
      ...(nextStep === null ? {} : { nextStep }),
      details: {
        ...failureDetails(record, providerSlug),
        ...(status === 'retrying' && retryAt !== null ? { retryAt } : {}),
      },
    })
  if (status === 'retrying') return { kind: 'retrying', retryAt: retryAt ?? 0, failure: failure('retrying') }
  if (status === 'config_error') return { kind: 'config_error', failure: failure('config_error') }
  return { kind: retryAt === null ? 'ended' : 'refused', failure: failure('token_expired') }
}

export function tokenResultOf(result: RefreshFailure): Exclude<TokenResult, { kind: 'ok' }> {
  if (result.kind === 'retrying' || result.kind === 'config_error') return result
  return { kind: 'reconnect_needed', failure: result.failure }
}

function isErrorCode(code: string | null): code is ErrorCode {
  return code !== null && Object.hasOwn(errorTable, code)
}

// Interprets a failed refresh: the message for the person, the stored outcome, and the time of the next
// attempt.

export type FailureContext = {
  record: ConnectionRecord
  providerSlug: string
  now: number
  backoff: Backoff
  /** The unconfirmed refresh before this attempt, and whether this or an earlier run started it. */
  unanswered: { startedAt: number; by: 'this run' | 'earlier run' } | null
}

type Failed = { result: RefreshFailure; lastOutcome: LastOutcome }

export function refreshFailureOf(outcome: FailedTokenOutcome, context: FailureContext): Failed {
  if (outcome.kind === 'retry') {
    const isLasting = context.backoff.failures(context.record.id) >= UNREADABLE_TRIES
    return isLasting && isUnreadable(outcome.code) ? unreadable(outcome, context) : passing(outcome, context)
  }
  if (outcome.kind === 'ended') return ended(outcome, context)
  return outcome.kind === 'refused' ? refused(outcome, context) : misconfigured(outcome, context)
}

function passing(outcome: FailedTokenOutcome & { kind: 'retry' }, context: FailureContext): Failed {
  const retryAt = context.backoff.failed(context.record.id, outcome.retryAfterMs)
  const failure = newFailure('retrying', outcome, context, { message: outcome.message, retryAt })
  return {
    result: { kind: 'retrying', retryAt, failure },
    lastOutcome: storedOutcome('retrying', failure, context.now, retryAt),
  }
}

/** After so many failures, a response that cannot be read is no accident. */
const UNREADABLE_TRIES = 3

/** The refresh token is kept, and Keyway goes on trying, but seldom. */
function unreadable(outcome: FailedTokenOutcome & { kind: 'retry' }, context: FailureContext): Failed {
  const retryAt = context.backoff.refused(context.record.id)
  const failure = newFailure('provider_response_invalid', outcome, context, {
    message: outcome.message,
    nextStep:
      outcome.setting?.nextStep ?? 'Run the provider check on the provider page. The authorization is kept.',
  })
  return {
    result: { kind: 'config_error', failure },
    lastOutcome: storedOutcome('config_error', failure, context.now, retryAt),
  }
}

function ended(outcome: FailedTokenOutcome, context: FailureContext): Failed {
  const failure = newFailure('token_expired', outcome, context, { message: endedMessage(outcome, context) })
  return {
    result: { kind: 'ended', failure },
    lastOutcome: storedOutcome('reconnect_needed', failure, context.now, null),
  }
}

function refused(outcome: FailedTokenOutcome, context: FailureContext): Failed {
  const retryAt = context.backoff.refused(context.record.id)
  const failure = newFailure('token_expired', outcome, context, {
    message: `The provider refused the refresh twice: ${outcome.message}`,
    nextStep: 'Sign in again, or try again later; nothing was erased.',
  })
  return {
    result: { kind: 'refused', failure },
    lastOutcome: storedOutcome('reconnect_needed', failure, context.now, retryAt),
  }
}

function misconfigured(
  outcome: FailedTokenOutcome & { kind: 'config_error' },
  context: FailureContext,
): Failed {
  const { backoff, record } = context
  // A certificate may be replaced at any time, and a failed handshake causes no load on the provider.
  const isSoon = outcome.code === 'tls_failure'
  const retryAt = isSoon ? backoff.failed(record.id, null) : backoff.refused(record.id)
  const { message, nextStep } = outcome
  const failure = newFailure('config_error', outcome, context, { message, nextStep })
  return {
    result: { kind: 'config_error', failure },
    lastOutcome: storedOutcome('config_error', failure, context.now, retryAt),
  }
}

function newFailure(
  code: ErrorCode,
  outcome: FailedTokenOutcome,
  { record, providerSlug }: FailureContext,
  { retryAt, ...words }: { message: string; nextStep?: string; retryAt?: number },
): KeywayError {
  return new KeywayError(code, {
    ...words,
    details: {
      ...failureDetails(record, providerSlug),
      providerCode: outcome.code,
      ...(retryAt === undefined ? {} : { retryAt }),
    },
  })
}

/**
 * If the response with a rotated refresh token was lost, the provider rejects the old one. Then that is the
 * reason to report.
 */
function endedMessage(outcome: FailedTokenOutcome, { unanswered }: FailureContext): string {
  const said = `The provider ended the grant (${outcome.code}${outcome.message === '' ? '' : `: ${outcome.message}`}).`
  if (unanswered === null) return said
  const when = new Date(unanswered.startedAt).toISOString()
  return unanswered.by === 'earlier run'
    ? `Keyway was stopped between the provider's answer and its saving (refresh of ${when}), so the new refresh token was lost. ${said}`
    : `The answer to the refresh of ${when} never arrived whole, so a new refresh token may have been lost on the way. ${said}`
}

function storedOutcome(
  status: 'retrying' | 'reconnect_needed' | 'config_error',
  failure: KeywayError,
  at: number,
  retryAt: number | null,
): LastOutcome {
  return failedOutcome(status, {
    code: failure.code,
    message: failure.message,
    nextStep: failure.nextStep,
    at,
    retryAt,
  })
}
