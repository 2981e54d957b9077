import { type ErrorCode, errorTable } from '../../../shared/contract/errors.ts'
import type { CallbackResult } from '../../core/keyway.ts'

/**
 * The address that an app asked to be sent back to, with how the sign-in ended. Never a token, a code or a
 * state.
 */
export function returnUrlWith(returnUrl: string, result: CallbackResult): string {
  const url = new URL(returnUrl)
  const outcome = toolshedResult(result)
  url.searchParams.set('success', String(outcome.success))
  if (outcome.success) {
    url.searchParams.set('provider', outcome.provider)
    url.searchParams.set('userId', outcome.userId)
    url.searchParams.set('scopes', outcome.scopes.join(' '))
    if (result.flow?.kind === 'done') url.searchParams.set('connectionId', result.flow.connectionId)
  } else {
    url.searchParams.set('error', outcome.code)
    url.searchParams.set('error_description', outcome.message)
  }
  return url.href
}

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
