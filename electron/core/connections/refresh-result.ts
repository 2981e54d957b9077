import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { errorTable, KeywayError, type ErrorCode } from '../../../shared/contract/errors.ts'
import type { TokenResult } from './token-service.ts'

/**
 * How an attempt to renew ended. `ended`: the provider said invalid_grant, or nothing can renew it; `refused`: it said no in another way,
 * twice, which may pass.
 */
export type RefreshResult =
  | { kind: 'ok' }
  | { kind: 'retrying'; retryAt: number; failure: KeywayError }
  | { kind: 'refused'; failure: KeywayError }
  | { kind: 'ended'; failure: KeywayError }
  | { kind: 'config_error'; failure: KeywayError }

export type RefreshFailure = Exclude<RefreshResult, { kind: 'ok' }>

/** What a caller needs to make a connect link or to name the account; the same in every failure of a connection. */
export function failureDetails(
  record: Pick<ConnectionRecord, 'id' | 'account'>,
  providerSlug: string,
): { provider: string; account: string; connectionId: string } {
  return { provider: providerSlug, account: record.account, connectionId: record.id }
}

/** The stored last outcome as a result again, for callers that come while nothing is tried. */
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
