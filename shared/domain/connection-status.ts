// What the window may say of a connection, worked out from its last real outcome and its times; nothing is assumed from "a token exists".
import type { ConnectionRecord, ConnectionStatus } from '../contract/connection.ts'
import { errorTable, type ErrorCode } from '../contract/errors.ts'

export type LastOutcome = ConnectionRecord['lastOutcome']

export const okOutcome = (at: number): LastOutcome => ({
  status: 'ok',
  code: null,
  message: null,
  nextStep: null,
  at,
  retryAt: null,
})

/** An outcome other than ok, with the table's words where none more precise are given. */
export function failedOutcome(
  status: Exclude<ConnectionStatus, 'ok'>,
  failure: { code: ErrorCode; message?: string; nextStep?: string; at: number; retryAt?: number | null },
): LastOutcome {
  return {
    status,
    code: failure.code,
    message: failure.message ?? errorTable[failure.code].sentence,
    nextStep: failure.nextStep ?? errorTable[failure.code].nextStep.api,
    at: failure.at,
    retryAt: failure.retryAt ?? null,
  }
}

/** When the connection stops working without a person: the access token's end when nothing refreshes it, else the refresh token's. */
export function stopsWorkingAt(
  record: Pick<ConnectionRecord, 'expiresAt' | 'refreshTokenExpiresAt'>,
  refreshable: 'yes' | 'no',
): number | null {
  return refreshable === 'yes' ? record.refreshTokenExpiresAt : record.expiresAt
}
