import type { CallbackResult } from '../core/keyway.ts'
import { toolshedResult } from './toolshed-result.ts'

/** The address that an app asked to be sent back to, with how the sign-in ended. Never a token, a code or a state. */
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
