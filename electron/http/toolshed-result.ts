import { errorTable, type ErrorCode } from '../../shared/contract/errors.ts'
import type { CallbackResult } from '../core/keyway.ts'

export type SignInResult =
  | { success: true; provider: string; userId: string; scopes: string[] }
  | { success: false; code: string; error: string; message: string; nextStep: string; retryable: boolean }

const isRetryable = (code: string): boolean =>
  Object.hasOwn(errorTable, code) && errorTable[code as ErrorCode].retryable

/** How a sign-in ended, in toolshed's words. */
export function toolshedResult({ flow, failure }: Pick<CallbackResult, 'flow' | 'failure'>): SignInResult {
  if (flow?.kind === 'done' && failure === null) {
    return {
      success: true,
      provider: flow.providerSlug,
      userId: flow.account,
      scopes: flow.grantedScopes,
    }
  }
  const shown = failure ?? (flow?.kind === 'failed' ? flow.failure : null)
  if (shown !== null) {
    return {
      success: false,
      code: shown.code,
      error: shown.code,
      message: shown.message,
      nextStep: shown.nextStep,
      retryable: isRetryable(shown.code),
    }
  }
  return {
    success: false,
    code: flow?.kind === 'confirming_account' ? 'account_mismatch' : 'flow_not_found',
    error: flow?.kind === 'confirming_account' ? 'account_mismatch' : 'flow_not_found',
    message: 'The sign-in is not finished.',
    nextStep: 'Open Keyway; it says what is left to decide.',
    retryable: false,
  }
}
